"""What a threshold promises, in words."""

from __future__ import annotations

from calibration.methods import METHODS
from edge.thresholds.expected import Share, share_above
from edge.thresholds.in_force import InForce
from edge.thresholds.words import one_in, percent

FEWEST = 2  # quantiles, to say where good parts lie


def share_of(found: InForce) -> Share | None:
    """The share of good parts to come that will be called anomalous; None where nothing is known of good parts."""
    calibration = found.calibration
    if len(found.quantiles) < FEWEST or not calibration.pictures:
        return None
    known = share_above(found.threshold, found.quantiles, calibration.pictures)
    if not found.calibrated or calibration.interval is None:
        return known
    expected = known.mean if calibration.promised else calibration.false_alarm_rate or known.mean
    return Share(expected, *calibration.interval)


def lines_of(found: InForce) -> list[str]:
    """What the threshold in force promises, for somebody who has never heard of it."""
    calibration, share = found.calibration, share_of(found)
    if not found.calibrated:
        return ["Nothing: a person set it.", *_by_good_parts(share, calibration.pictures)]
    if calibration.promised is None:
        method = METHODS.get(calibration.method)
        promise = method.promise if method else calibration.warning or "nothing"
        return [f"{promise[:1].upper()}{promise[1:]}.", *_by_good_parts(share, calibration.pictures)]
    first = _promised(calibration.promised, calibration.false_alarm_rate)
    return [
        first,
        "It holds however their scores are distributed, as long as parts, camera and light stay as they were for",
        f"these {calibration.pictures} pictures.",
        "That is an average over all sets of so many pictures that might have been taken.",
        *_by_good_parts(share, calibration.pictures),
    ]


def _promised(promised: float, rate: float | None) -> str:
    if rate is None or promised <= rate:
        return f"At most {one_in(promised)} good parts is a false alarm ({percent(promised)})."
    about = f"About {one_in(rate)} good parts is a false alarm ({percent(rate)})"
    return f"{about}; what is proven is weaker, at most {percent(promised)}."


def _by_good_parts(share: Share | None, pictures: int) -> list[str]:
    if share is None:
        return []
    low, high = percent(share.low), percent(share.high)
    return [
        f"By these {pictures} pictures, the actual share at this station lies between {low} and {high} (90 %)."
    ]
