"""Split conformal threshold: a false-alarm rate that holds for any distribution of scores.

With n scores of good parts that the model was not fitted on, exchangeable with the parts to come, the
k-th smallest score with k = ceil((n + 1)(1 - alpha)) satisfies P(new good score > threshold) <= alpha.

Source: Vovk, Gammerman, Shafer, "Algorithmic Learning in a Random World", 2005; Laxhammar and Falkman,
"Conformal prediction for distribution-independent anomaly detection", 2010.
"""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from calibration.order_statistics import share_at_most, share_quantile
from calibration.scores import ScoresError, checked
from calibration.threshold import Threshold

# Binary fractions make (n + 1)(1 - alpha) miss whole numbers by an ulp; without this, n = 99, alpha = 0.01
# would ask for rank 100 or 99 by luck.
_ULP = 1e-9


def pictures_needed(false_alarm_rate: float) -> int:
    """How many good parts the rate needs at least: 1 / alpha - 1, rounded up."""
    check_rate(false_alarm_rate)
    return math.ceil(1.0 / false_alarm_rate - 1.0 - _ULP)


def smallest_rate(pictures: int) -> float:
    """The smallest false-alarm rate that this many good parts can promise."""
    if pictures < 1:
        raise ScoresError("there are no scores")
    return 1.0 / (pictures + 1)


def rank(pictures: int, false_alarm_rate: float) -> int:
    """Which of n ascending scores is the threshold, counted from 1."""
    return max(1, math.ceil((pictures + 1) * (1.0 - false_alarm_rate) - _ULP))


def band(pictures: int, rank: int, *, level: float = 0.9) -> tuple[float, float]:
    """Between which rates the false alarms of one station really lie, once its threshold is set.

    The promise is an average over calibrations. One calibration with n scores and its k-th smallest as threshold
    has an actual rate that follows Beta(n + 1 - k, k).

    Args:
        pictures: n.
        rank: k, see ``rank``.
        level: share of calibrations whose rate lies inside, half of the rest on either side.
    """
    aside = (1.0 - level) / 2
    low, high = (share_quantile(each, pictures=pictures, rank=rank) for each in (aside, 1.0 - aside))
    return low, high


def confidence(pictures: int, rank: int, false_alarm_rate: float) -> float:
    """How likely the actual rate of one station is at most the rate asked, see ``band``."""
    return share_at_most(false_alarm_rate, pictures=pictures, rank=rank)


def chance(false_alarms: int, parts: int, *, pictures: int, false_alarm_rate: float) -> float:
    """How likely so many false alarms or more are, if the new good parts are like the calibration parts.

    Both the choice of calibration pictures and that of the new parts are random, so the count follows the negative
    hypergeometric distribution, which is wider than the binomial of a rate that is known.

    Args:
        false_alarms: observed.
        parts: good parts that were judged.
        pictures: n that the threshold was set from.
        false_alarm_rate: that it was set for.
    """
    below = rank(pictures, false_alarm_rate)
    ways = math.comb(pictures + parts, parts)
    more = sum(
        math.comb(pictures - below + count, count) * math.comb(below - 1 + parts - count, parts - count)
        for count in range(false_alarms, parts + 1)
    )
    return more / ways


def threshold(scores: ArrayLike, false_alarm_rate: float) -> float:
    """The raw score above which a part is called anomalous.

    Args:
        scores: [n] raw scores of good parts that the model was not fitted on; higher is more anomalous.
        false_alarm_rate: alpha in (0, 1), promised upper bound of P(score > threshold) for a good part.

    Raises:
        ScoresError: too few scores for the rate, or scores that are not finite.
    """
    values = checked(scores)
    needed = pictures_needed(false_alarm_rate)
    if values.size < needed:
        raise ScoresError(
            f"a false-alarm rate of {false_alarm_rate:g} needs {needed} good parts, there are {values.size}"
        )
    return float(values[rank(values.size, false_alarm_rate) - 1])


def set_threshold(scores: ArrayLike, false_alarm_rate: float) -> Threshold:
    """The threshold with its promise, and with what so many pictures make of it.

    Raises:
        ScoresError: as ``threshold``.
    """
    value = threshold(scores, false_alarm_rate)
    pictures = int(checked(scores).size)
    chosen = rank(pictures, false_alarm_rate)
    return Threshold(
        value=value,
        method="conformal",
        rate=false_alarm_rate,
        promised=false_alarm_rate,
        pictures=pictures,
        confidence=confidence(pictures, chosen, false_alarm_rate),
        interval=band(pictures, chosen),
    )


def check_rate(false_alarm_rate: float) -> None:
    """Refuses a rate outside 0 to 1.

    Raises:
        ScoresError: it is.
    """
    if not 0.0 < false_alarm_rate < 1.0:
        raise ScoresError(f"a false-alarm rate lies between 0 and 1, not {false_alarm_rate:g}")
