"""What a calibration promises, in words."""

from __future__ import annotations

from edge.inference.card import Calibration


def promise_of(calibration: Calibration) -> str:
    """One clause, e.g. ``at most 1.00% of good parts will be called anomalous``."""
    if calibration.promised is not None:
        return f"at most {calibration.promised:.2%} of good parts will be called anomalous"
    if calibration.false_alarm_rate is not None:
        return (
            f"{calibration.false_alarm_rate:.2%} of good parts called anomalous is aimed at, nothing is promised"
        )
    return "nothing is promised of how many good parts will be called anomalous"
