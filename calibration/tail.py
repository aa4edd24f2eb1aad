"""A threshold for rates that the sample is too small for, from the shape of its upper tail. Not a guarantee.

Excesses over a high level follow a generalized Pareto distribution the better the higher the level. The fit says
how far to go beyond the highest good score. A fit of few excesses errs, and a threshold that is too low costs more
false alarms than one that is too high saves: read off as it is, it is exceeded nearly twice as often as the rate
says. So the bootstrap finds the rarer rate to read off for which the mean over calibrations is the rate asked; it
also says how far one calibration may be off.

Source: Pickands, "Statistical inference using extreme order statistics", 1975; Coles, "An Introduction to
Statistical Modeling of Extreme Values", 2001, chapter 4; Siffer et al., "Anomaly detection in streams with extreme
value theory", KDD 2017. Interval and p-value: parametric bootstrap, Davison and Hinkley, 1997, chapter 4. The
rarer rate: Hall, Peng, Tajvidi, "On prediction intervals based on predictive likelihood or bootstrap methods",
Biometrika 1999.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.conformal import check_rate, smallest_rate
from calibration.generalized_pareto import Pareto, excess_at, fit, misfit, survival
from calibration.scores import ScoresError, checked
from calibration.threshold import Threshold

Array = NDArray[np.float64]
SHARE = 0.1  # of the scores that count as the tail
FEWEST_EXCESSES, MOST_EXCESSES = 20, 250  # more would slow the bootstrap and lower the level for nothing
FEWEST = 60  # good parts: of fewer a third and more would be tail
BEYOND = 10  # times rarer than the rarest rate that the sample itself can promise; further is guessing
HEAVIEST = (
    0.7  # shape from which twenty excesses tell nothing: of an exponential tail hardly any sample gets there
)
SAMPLES = 400  # of the bootstrap
_HALVINGS, _LOWEST = 25, 1e-4  # of the search for the rarer rate; lowest share of the rate asked
IMPLAUSIBLE = 0.05  # p-value of the fit under which it is told


class Tail(NamedTuple):
    """A fitted tail: P(score > level + x) = share * survival(x, pareto)."""

    level: float
    share: float
    pareto: Pareto


def set_threshold(scores: ArrayLike, false_alarm_rate: float, *, seed: int = 0) -> Threshold:
    """The score that the fitted tail exceeds at the rate.

    The interval is that of the rate which this threshold really has, if the tail is a generalized Pareto one.

    Args:
        scores: [n] raw scores of good parts that the model was not fitted on, at least ``FEWEST``.
        false_alarm_rate: below the tail's share of the scores, and at least 1 / (``BEYOND`` (n + 1)).
        seed: of the bootstrap.

    Raises:
        ScoresError: too few scores; a rate in the body of the scores, or too far beyond them; a tail of equal
            scores, or so heavy that it tells nothing about what lies beyond.
    """
    check_rate(false_alarm_rate)
    values = checked(scores)
    tail, excesses = _fitted(values, false_alarm_rate)
    drawn, again, shares = _bootstrap(tail, len(excesses), len(values), seed)

    def actual(read_off: float) -> Array:
        """The rates that the thresholds of the drawn samples really have."""
        limits = excess_at(np.full(SAMPLES, read_off / tail.share), again)
        return np.asarray(shares * survival(limits, tail.pareto))

    read_off = _rarer(false_alarm_rate, lambda rate: float(actual(rate).mean()))
    rates = actual(read_off)
    low, high = np.quantile(rates, (0.05, 0.95))
    worse = misfit(drawn, again) >= misfit(excesses, tail.pareto)
    return Threshold(
        value=tail.level + float(excess_at(np.float64(read_off / tail.share), tail.pareto)),
        method="tail",
        rate=false_alarm_rate,
        promised=None,
        pictures=len(values),
        confidence=float(np.mean(rates <= false_alarm_rate)),
        interval=(float(low), float(high)),
        warning=_warning((1 + int(worse.sum())) / (1 + SAMPLES)),
    )


def reaches(pictures: int, false_alarm_rate: float) -> bool:
    """Whether so many good parts are enough for a tail, and the rate is not too far beyond them."""
    return pictures >= FEWEST and false_alarm_rate >= smallest_rate(pictures) / BEYOND * (1 - 1e-9)


def _fitted(values: Array, rate: float) -> tuple[Tail, Array]:
    total = len(values)
    if total < FEWEST:
        raise ScoresError(f"a tail needs {FEWEST} good parts, there are {total}")
    count = min(max(FEWEST_EXCESSES, round(SHARE * total)), MOST_EXCESSES)
    if rate >= count / total:
        raise ScoresError(f"a rate of {rate:g} needs no tail: {total} good parts support it by method 'conformal'")
    if not reaches(total, rate):
        rarest = smallest_rate(total) / BEYOND
        raise ScoresError(
            f"{total} good parts say nothing about a rate of {rate:g}; {rarest:.2g} is as far as a tail goes"
        )
    level = float(values[-count - 1])
    excesses = values[-count:] - level
    if excesses[-1] == excesses[0]:
        raise ScoresError("scores of the tail are equal: they have no shape")
    if excesses[0] <= 0:
        raise ScoresError(f"scores are equal where the tail begins ({level:g}): it has no shape there")
    pareto = fit(excesses)
    if pareto.shape > HEAVIEST:
        raise ScoresError(
            f"the tail is too heavy to tell what lies beyond it (shape {float(pareto.shape):.2g}): "
            "look for defective parts among the good"
        )
    return Tail(level, count / total, pareto), excesses


def _bootstrap(tail: Tail, count: int, total: int, seed: int) -> tuple[Array, Pareto, Array]:
    """Draws samples like the scores from the fitted tail.

    Args:
        tail: fitted.
        count: excesses in each sample.
        total: scores that each stands for.
        seed: of the drawing.

    Returns:
        The excesses, float64 [SAMPLES, count] ascending; the fit of each; and the share of parts that really lies
        above each one's level, see ``calibration.order_statistics``.
    """
    rng = np.random.default_rng(seed)
    drawn = excess_at(rng.random((SAMPLES, count)), tail.pareto)
    drawn.sort(axis=1)
    return drawn, fit(drawn), rng.beta(count + 1, total - count, SAMPLES)


def _rarer(rate: float, mean_of: Callable[[float], float]) -> float:
    """The rate to read off so that the mean of the actual rates is ``rate``; never a larger one."""
    low, high = rate * _LOWEST, rate
    if mean_of(high) <= rate:
        return high
    for _ in range(_HALVINGS):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if mean_of(middle) > rate else (middle, high)
    return low


def _warning(p_value: float) -> str:
    text = "an extrapolation, not a guarantee"
    if p_value < IMPLAUSIBLE:
        text += (
            f"; the scores do not look like such a tail (p = {p_value:.2g}), look for defective parts among them"
        )
    return text
