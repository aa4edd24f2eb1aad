"""What to do where a threshold is not what somebody wants."""

from __future__ import annotations

from shlex import quote

from calibration import conformal
from calibration.methods import DEFAULT, METHODS
from edge.numerals import number, percent
from edge.thresholds.in_force import InForce

_RATE = 0.01  # named where the threshold was set for none


def remedies(found: InForce) -> list[str]:
    """Lines of text and commands."""
    model = found.bundle.path
    lines = [
        "More false alarms than expected: parts, camera or light have changed. Set right what changed, or",
        "calibrate on good parts of today:",
        f"  {_again(found)}",
        "Too many or too few by your own judgement: see what another rate or threshold would do:",
        f"  edge-ad threshold what-if --model {quote(str(model))}",
    ]
    if not found.calibrated:
        lines.insert(0, f"It wins over every calibration: {to_be_taken_back(found)} first.")
    if found.set_by == "station":
        before = "Back to the calibration before it, or to the model's own where there was none:"
        lines += [before, f"  edge-ad calibrate --model {quote(str(model))} --undo"]
    rate = found.calibration.false_alarm_rate or _RATE
    needed = conformal.pictures_needed(rate)
    return [*lines, f"To promise a rate of {percent(rate)} takes {number(needed)} good parts at least."]


def to_be_taken_back(found: InForce) -> str:
    """How a threshold that a person set is taken back, so that the calibration counts again."""
    if found.set_by == "control":
        return "send set_threshold with null"
    return "take threshold out of the station file"


def _again(found: InForce) -> str:
    """The command that calibrates by the same method."""
    calibration = found.calibration
    command = f"edge-ad calibrate --model {quote(str(found.bundle.path))} --images good/"
    method = METHODS.get(calibration.method)
    if method is not None and method.labelled:
        return f"{command} --method {calibration.method} --defective defects/"
    command += f" --false-alarm-rate {calibration.false_alarm_rate or _RATE:g}"
    here = method is not None and not calibration.folds and calibration.method != DEFAULT
    return f"{command} --method {calibration.method}" if here else command
