"""Which share of good parts the threshold in force calls anomalous, by the method that set it."""

from __future__ import annotations

from calibration import conformal, quantile
from edge.calibrating.proposing import METHOD as BY_ALARMS
from edge.thresholds.expected import Share, share_above, share_at_rank
from edge.thresholds.in_force import InForce


def share_of(found: InForce) -> Share | None:
    """The share of good parts to come that will be called anomalous; None where nothing is known of good parts.

    A rank of the scores has the share of that rank. Scores by models of folds are not those of the model that
    judges: what is expected is known then, and no interval.
    """
    calibration, good = found.calibration, found.good
    rate, pictures = calibration.false_alarm_rate, calibration.pictures
    if calibration.method == BY_ALARMS:  # the scores that it keeps are those that the alarms refuted
        return Share(rate) if found.calibrated and rate is not None else None
    if not good.known:
        return None
    share = share_above(found.threshold, good)
    if found.calibrated and calibration.method == "maximum":
        share = share_at_rank(pictures, pictures)
    elif found.calibrated and rate is not None and calibration.method in ("conformal", "cross-conformal"):
        share = share_at_rank(pictures, min(pictures, conformal.rank(pictures, rate)))
    elif found.calibrated and rate is not None and calibration.interval is not None:
        expected = quantile.expected(pictures, rate) if calibration.method == "quantile" else rate
        share = Share(expected, *calibration.interval)
    return Share(share.mean) if calibration.folds else share
