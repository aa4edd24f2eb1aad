"""What the threshold in force promises, in words."""

from __future__ import annotations

from calibration.conformal import pictures_needed
from calibration.methods import METHODS
from edge.inference.card import Calibration
from edge.numerals import number, one_in, percent
from edge.thresholds.expected import Share
from edge.thresholds.false_alarms import share_of
from edge.thresholds.in_force import InForce
from edge.thresholds.words import estimate


def promise_lines(found: InForce) -> list[str]:
    """What the threshold in force promises, for somebody who has never heard of it."""
    calibration = found.calibration
    if not found.calibrated:
        lines = ["Nothing: a person set it."]
    elif calibration.promised is None:
        method = METHODS.get(calibration.method)
        promise = method.promise if method else calibration.warning or "nothing"
        lines = [f"{promise[:1].upper()}{promise[1:]}."]
    else:
        lines = (_by_folds if calibration.folds else _proven)(calibration, calibration.promised)
    return lines + _by_good_parts(share_of(found), calibration.pictures)


def _proven(calibration: Calibration, promised: float) -> list[str]:
    first = f"At most {one_in(promised)} good parts is a false alarm ({percent(promised)})."
    rate = calibration.false_alarm_rate
    if rate is not None and pictures_needed(rate) > calibration.pictures:
        first += f" {percent(rate)} was asked, which needs {number(pictures_needed(rate))} pictures."
    return [
        first,
        "It holds however their scores are distributed, as long as parts, camera and light stay as they were for",
        f"these {calibration.pictures} pictures.",
        "That is an average over all sets of so many pictures that might have been taken.",
    ]


def _by_folds(calibration: Calibration, promised: float) -> list[str]:
    rate = calibration.false_alarm_rate or promised
    return [
        f"About {one_in(rate)} good parts is a false alarm ({percent(rate)}), as long as parts, camera and light "
        "stay as they were.",
        f"CV+ proves at most {percent(promised)} for the {calibration.folds} models of the folds.",
        "The one that runs was fitted on all pictures: it usually does better, and nothing is proven for it.",
    ]


def _by_good_parts(share: Share | None, pictures: int) -> list[str]:
    if share is None or share.low is None or share.high is None:
        return []
    low, high = estimate(share.low), estimate(share.high)
    return [
        f"By these {pictures} pictures, the actual share at this station lies between {low} and {high} (90 %)."
    ]
