"""The one entrance: scores and the name of a method to a threshold."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from calibration import conformal, cross_conformal, labelled, maximum, quantile, sigma, tail
from calibration.scores import ScoresError, checked
from calibration.threshold import Threshold


@dataclass(frozen=True, slots=True)
class Method:
    """A way from scores to a threshold.

    Attributes:
        summary: one line for help texts.
        promise: what it promises of the false-alarm rate, one line.
        labelled: whether it needs scores of defective parts, and takes no rate.
    """

    summary: str
    promise: str
    labelled: bool = False


METHODS: dict[str, Method] = {
    "conformal": Method("rank of good scores; the default", "at most the rate, for any distribution of scores"),
    "cross-conformal": Method(
        "the same with scores by models of folds, where good parts are few",
        "about the rate; CV+ proves about twice the rate for the models of the folds",
    ),
    "tail": Method(
        "generalized Pareto fit of the highest scores, for rates that the sample is too small for",
        "nothing: an extrapolation, told with its error",
    ),
    "sigma": Method("mean plus standard deviations", "nothing, unless scores are normal and many"),
    "quantile": Method("plain quantile of good scores", "nothing: it is exceeded more often than the rate"),
    "maximum": Method("highest good score", "1 / (n + 1) with n good parts, whatever the rate asked"),
    "f1": Method("best F1 over good and defective parts", "nothing", labelled=True),
    "youden": Method("best detection rate less false-alarm rate", "nothing", labelled=True),
}
DEFAULT = "conformal"
_ROUNDING = 1e-6  # networks give single precision: scores that differ by less are equal


def set_threshold(
    scores: ArrayLike,
    *,
    method: str = DEFAULT,
    rate: float,
    defective: ArrayLike | None = None,
    folds: int | None = None,
) -> Threshold:
    """Sets a threshold.

    Args:
        scores: [n] raw scores of good parts that the model was not fitted on; higher is more anomalous.
        method: one of ``METHODS``.
        rate: false-alarm rate to promise or to aim at, in (0, 1); "f1" and "youden" pass over it.
        defective: [m] scores of defective parts, for "f1" and "youden".
        folds: that out-of-fold scores come from, for "cross-conformal".

    Raises:
        ScoresError: an unknown method or one that lacks its input; too few scores for the rate; all of them equal,
            or some not finite.
    """
    if method not in METHODS:
        raise ScoresError(f"unknown method {method!r}, here are: {' '.join(METHODS)}")
    _check_differ(scores)
    if METHODS[method].labelled:
        if defective is None:
            raise ScoresError(f"method {method!r} needs scores of defective parts")
        return (labelled.f1 if method == "f1" else labelled.youden)(scores, defective)
    if method == "cross-conformal":
        if folds is None:
            raise ScoresError(f"method {method!r} needs scores by models of folds")
        return cross_conformal.set_threshold(scores, rate, folds=folds)
    return _BY_RATE[method](scores, rate)


_BY_RATE = {
    "conformal": conformal.set_threshold,
    "tail": tail.set_threshold,
    "sigma": sigma.set_threshold,
    "quantile": quantile.set_threshold,
    "maximum": maximum.set_threshold,
}


def _check_differ(scores: ArrayLike) -> None:
    """Refuses what a threshold would only repeat: one number for every part says nothing about any."""
    values = checked(scores)
    if len(values) > 1 and values[-1] - values[0] <= _ROUNDING * abs(values).max():
        raise ScoresError(
            f"all {len(values)} scores are equal ({values[0]:g}): the model tells none of them apart"
        )
