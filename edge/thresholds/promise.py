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
    if found.calibrated and calibration.interval is not None and calibration.promised is not None:
        return Share(min(known.mean, calibration.promised), *calibration.interval)
    return known


def lines_of(found: InForce) -> list[str]:
    """What the threshold in force promises, for somebody who has never heard of it."""
    calibration, share = found.calibration, share_of(found)
    if not found.calibrated:
        text = ["Nothing: a person set it."]
        if share is not None:
            text.append(
                f"By the {calibration.pictures} good parts of the calibration, between {percent(share.low)} and "
                f"{percent(share.high)} of good parts lie above it (90 %)."
            )
        return text
    if calibration.promised is None:
        method = METHODS.get(calibration.method)
        promise = method.promise if method else calibration.warning or "nothing"
        return [f"{promise[:1].upper()}{promise[1:]}.", *_actual(share)]
    return [
        f"At most {one_in(calibration.promised)} good parts is a false alarm ({percent(calibration.promised)}).",
        "It holds however their scores are distributed, as long as parts, camera and light stay as they were for",
        f"these {calibration.pictures} pictures.",
        "That is an average over all sets of so many pictures that might have been taken.",
        *_actual(share),
    ]


def _actual(share: Share | None) -> list[str]:
    if share is None:
        return []
    return [
        f"At this station the actual share lies between {percent(share.low)} and {percent(share.high)} (90 %)."
    ]
