from __future__ import annotations

import datetime

import numpy as np
import pytest

from calibration import conformal
from edge.errors import CalibrationError
from edge.inference.calibrate import calibrate, reachable_rate

PLACE = {"device": "CPU", "precision": "int8"}


def test_both_thresholds_promise_the_rate_per_picture() -> None:
    rng = np.random.default_rng(0)
    scores, peaks = rng.gamma(4, size=60), rng.gamma(9, size=60)
    found = calibrate(scores, peaks, false_alarm_rate=0.05, **PLACE)
    assert found.threshold == conformal.threshold(scores, 0.05)
    assert found.pixel_threshold == conformal.threshold(peaks, 0.05)
    assert (found.pictures, found.device, found.precision, found.method) == (60, "CPU", "int8", "conformal")
    assert (found.quantiles[0], found.quantiles[-1]) == (scores.min(), scores.max())
    assert found.time.tzinfo is datetime.UTC


def test_a_model_without_maps_has_no_pixel_threshold() -> None:
    assert calibrate(range(30), None, false_alarm_rate=0.1, **PLACE).pixel_threshold is None


@pytest.mark.parametrize(
    ("scores", "peaks", "complaint"),
    [
        (range(10), None, "needs 19 good parts, there are 10"),
        ([*range(30), np.nan], None, "1 of 31 scores are not finite"),
        (range(30), [*range(29), np.inf], "1 of 30 scores are not finite"),
    ],
)
def test_scores_that_support_no_threshold_are_refused(
    scores: list[float], peaks: list[float] | None, complaint: str
) -> None:
    with pytest.raises(CalibrationError, match=f"{complaint}; give more good pictures, or a higher"):
        calibrate(list(scores), peaks, false_alarm_rate=0.05, **PLACE)


@pytest.mark.parametrize(("wanted", "pictures", "rate"), [(0.05, 100, 0.05), (0.01, 19, 0.05), (0.05, 0, 0.5)])
def test_a_rate_is_raised_to_what_the_pictures_can_promise(wanted: float, pictures: int, rate: float) -> None:
    assert reachable_rate(wanted, pictures) == pytest.approx(rate)
