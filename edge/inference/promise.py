"""What a calibration promises, in words for people."""

from __future__ import annotations

from edge.inference.card import Calibration


def promise_of(calibration: Calibration) -> str:
    """A clause without a full stop, e.g. "at most 5 % false alarms"."""
    rate, promised = calibration.false_alarm_rate, calibration.promised
    if rate is None:
        return "no false-alarm rate is promised"
    if promised is None:
        return f"set for {percent(rate)} false alarms, none is promised"
    if promised <= rate:
        return f"at most {percent(rate)} false alarms"
    if calibration.folds:
        return f"about {percent(rate)} false alarms ({percent(promised)} proven)"
    return f"set for {percent(rate)} false alarms, at most {percent(promised)} are promised"


def percent(share: float) -> str:
    """A share as people read it: 5 %, 0.1 %."""
    return f"{100 * share:.3g} %"
