"""The highest score of a good part as threshold: conformal for the smallest rate there is, whatever is asked."""

from __future__ import annotations

from numpy.typing import ArrayLike

from calibration import conformal
from calibration.scores import checked
from calibration.threshold import Threshold


def set_threshold(scores: ArrayLike, false_alarm_rate: float) -> Threshold:
    """The highest score, which promises 1 / (n + 1) for n parts: more than asked or less, as n happens to be.

    Raises:
        ScoresError: no score, or one that is not finite.
    """
    conformal.check_rate(false_alarm_rate)
    values = checked(scores)
    pictures = len(values)
    promised = conformal.smallest_rate(pictures)
    kept = promised <= false_alarm_rate * (1 + 1e-9)
    return Threshold(
        value=float(values[-1]),
        method="maximum",
        rate=false_alarm_rate,
        promised=promised,
        pictures=pictures,
        confidence=conformal.confidence(pictures, pictures, false_alarm_rate),
        interval=conformal.band(pictures, pictures),
        warning=""
        if kept
        else f"the highest of {pictures} good parts promises {promised:.2g}, not the rate asked",
    )
