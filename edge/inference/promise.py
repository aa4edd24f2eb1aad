"""What a calibration promises, in words for people."""

from __future__ import annotations

from edge.inference.card import Calibration
from edge.numerals import percent


def promise_of(calibration: Calibration) -> str:
    """A clause without a full stop, e.g. "at most 5 % false alarms"."""
    rate, promised = calibration.false_alarm_rate, calibration.promised
    if rate is None:
        return "no false-alarm rate is promised"
    if promised is None:
        return f"set for {percent(rate)} false alarms, none is promised"
    if promised <= rate:
        return f"at most {percent(promised)} false alarms"
    if calibration.folds:
        proven = f"CV+ proves at most {percent(promised)} for the models of the folds"
        return f"about {percent(rate)} false alarms ({proven})"
    return f"set for {percent(rate)} false alarms, at most {percent(promised)} are promised"
