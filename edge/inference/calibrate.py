"""From scores of good pictures to the calibration that a card carries."""

from __future__ import annotations

import datetime

from numpy.typing import ArrayLike

from calibration import conformal
from calibration.scores import ScoresError, checked, quantiles
from edge.errors import CalibrationError
from edge.health.camera_faults.reference import ViewReference
from edge.inference.card import Calibration

DEFAULT_RATE = 0.05
_HINT = "give more good pictures, or a higher --false-alarm-rate"


def calibrate(
    scores: ArrayLike,
    peaks: ArrayLike | None,
    *,
    false_alarm_rate: float,
    device: str,
    precision: str,
    view: ViewReference | None = None,
) -> Calibration:
    """Sets the thresholds of pictures and pixels.

    Both promise the rate per picture: at most this share of good parts scores above the threshold, and at most
    this share shows any region at all.

    Args:
        scores: [n] raw scores of good pictures that the model was not fitted on.
        peaks: [n] maximum of each one's anomaly map; None for a model without maps.
        false_alarm_rate: the rate to promise, in (0, 1).
        device: the OpenVINO device, or "torch", that gave the scores.
        precision: of the network that gave them.
        view: what the camera showed of them, where their full size was at hand.

    Raises:
        CalibrationError: too few pictures for the rate, or scores that are not finite.
    """
    try:
        return Calibration(
            method="conformal",
            false_alarm_rate=false_alarm_rate,
            threshold=conformal.threshold(scores, false_alarm_rate),
            pixel_threshold=None if peaks is None else conformal.threshold(peaks, false_alarm_rate),
            pictures=len(checked(scores)),
            quantiles=quantiles(scores),
            peak_quantiles=() if peaks is None else quantiles(peaks),
            device=device,
            precision=precision,
            view=view,
            time=datetime.datetime.now(datetime.UTC),
        )
    except ScoresError as error:
        raise CalibrationError(f"cannot calibrate: {error}", hint=_HINT) from error


def check_enough(pictures: int, false_alarm_rate: float) -> None:
    """Refuses a rate that this many good pictures cannot promise.

    Raises:
        CalibrationError: there are too few.
    """
    needed = conformal.pictures_needed(false_alarm_rate)
    if pictures < needed:
        what = f"a false-alarm rate of {false_alarm_rate:g} needs {needed} good parts, there are {pictures}"
        raise CalibrationError(f"cannot calibrate: {what}", hint=_HINT)


def reachable_rate(wanted: float, pictures: int) -> float:
    """The wanted false-alarm rate, or the smallest that this many good pictures can promise."""
    return max(wanted, conformal.smallest_rate(max(pictures, 1)))
