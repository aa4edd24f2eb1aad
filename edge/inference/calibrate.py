"""From scores of good pictures to the calibration that a card carries."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration import conformal, methods, tail
from calibration.scores import ScoresError, highest, quantiles
from calibration.threshold import Threshold
from edge.errors import CalibrationError
from edge.health.camera_faults.reference import ViewReference
from edge.inference.card import Calibration
from edge.inference.regions import least_cells
from edge.numerals import percent

DEFAULT_RATE = 0.05
_HINT = "give more good pictures, or a higher --false-alarm-rate"


def calibrate(
    scores: ArrayLike,
    peaks: ArrayLike | None,
    *,
    maps: Iterable[NDArray[np.float32]] = (),
    method: str = methods.DEFAULT,
    false_alarm_rate: float,
    device: str,
    precision: str,
    arithmetic: str = "",
    view: ViewReference | None = None,
    defective: ArrayLike | None = None,
    defective_peaks: ArrayLike | None = None,
    folds: int | None = None,
    left_out: int = 0,
    by: str = "",
) -> Calibration:
    """Sets the thresholds of pictures and pixels by the same method.

    Both hold per picture: so large a share of good parts scores above the threshold, and so large a share shows
    any region at all.

    Args:
        scores: [n] raw scores of good pictures that the model was not fitted on.
        peaks: [n] maximum of each one's anomaly map; None for a model without maps.
        maps: float32 [h, w] each, at least those with the highest maxima, for the smallest region to show; without
            them all regions are shown.
        method: see ``calibration.methods``.
        false_alarm_rate: the rate to promise or to aim at, in (0, 1).
        device: the OpenVINO device, or "torch", that gave the scores.
        precision: of the network that gave them.
        arithmetic: INFERENCE_PRECISION_HINT that gave them; empty for the one in the model's card.
        view: what the camera showed of them, where their full size was at hand.
        defective: [m] scores of defective pictures, for methods that need them.
        defective_peaks: [m] the maxima of their maps; without them such a method's pixel threshold is conformal.
        folds: that out-of-fold scores come from; None where one model scored all.
        left_out: pictures said to be good that are not among these, because a person says that they show defects.
        by: what makes it, e.g. "export".

    Raises:
        CalibrationError: too few pictures for the rate, scores that are all equal or not finite, or a method that
            lacks its input.
    """
    set_threshold = partial(methods.set_threshold, rate=false_alarm_rate, folds=folds)
    try:
        own = set_threshold(scores, method=method, defective=defective)
        pixel = None
        if peaks is not None:
            by_rank = methods.METHODS[method].labelled and defective_peaks is None
            pixel = set_threshold(peaks, method=methods.DEFAULT if by_rank else method, defective=defective_peaks)
        return Calibration(
            method=method,
            false_alarm_rate=own.rate,
            promised=own.promised,
            confidence=own.confidence,
            interval=own.interval,
            warning="; ".join(filter(None, (own.warning, _without(left_out, own)))),
            left_out=left_out,
            folds=folds,
            threshold=own.value,
            pixel_threshold=None if pixel is None else pixel.value,
            min_region_px=0 if pixel is None else least_cells(maps, pixel.value),
            pictures=own.pictures,
            quantiles=quantiles(scores),
            peak_quantiles=() if peaks is None else quantiles(peaks),
            highest=highest(scores),
            highest_peaks=() if peaks is None else highest(peaks),
            device=device,
            precision=precision,
            arithmetic=arithmetic,
            view=view,
            time=datetime.datetime.now(datetime.UTC),
            by=by,
        )
    except ScoresError as error:
        hint = _hint(np.size(scores), false_alarm_rate) if method == methods.DEFAULT else _HINT
        raise CalibrationError(f"cannot calibrate: {error}", hint=hint) from error


def _without(left_out: int, own: Threshold) -> str:
    """What leaving pictures out costs where they were good after all."""
    if not left_out:
        return ""
    more = left_out / (own.pictures + left_out)
    expect = percent(own.rate + more) if own.rate is not None else f"{percent(more)} more"
    what = "suspect was" if left_out == 1 else "suspects were"
    return f"{left_out} {what} left out by a person: if good after all, expect up to {expect} false alarms"


def check_enough(pictures: int, false_alarm_rate: float) -> None:
    """Refuses a rate that this many good pictures cannot promise.

    Raises:
        CalibrationError: there are too few.
    """
    needed = conformal.pictures_needed(false_alarm_rate)
    if pictures < needed:
        what = f"a false-alarm rate of {false_alarm_rate:g} needs {needed} good parts, there are {pictures}"
        raise CalibrationError(f"cannot calibrate: {what}", hint=_hint(pictures, false_alarm_rate))


def _hint(pictures: int, false_alarm_rate: float) -> str:
    if pictures < conformal.pictures_needed(false_alarm_rate) and tail.reaches(pictures, false_alarm_rate):
        return f"{_HINT}, or --method tail, which promises nothing"
    return _HINT


def reachable_rate(wanted: float, pictures: int) -> float:
    """The wanted false-alarm rate, or the smallest that this many good pictures can promise."""
    return max(wanted, conformal.smallest_rate(max(pictures, 1)))
