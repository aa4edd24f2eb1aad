from __future__ import annotations

import datetime

import numpy as np
import pytest

from calibration import conformal, cross_conformal, methods
from edge.errors import CalibrationError
from edge.inference.calibrate import calibrate, check_enough, reachable_rate
from edge.inference.card import Calibration

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


@pytest.mark.parametrize("method", ["conformal", "quantile", "maximum", "sigma", "tail"])
def test_both_thresholds_come_from_the_method_asked(method: str) -> None:
    rng = np.random.default_rng(1)
    scores, peaks = rng.gamma(4, size=90), rng.gamma(9, size=90)
    found = calibrate(scores, peaks, method=method, false_alarm_rate=0.02, by="calibrate", **PLACE)
    own, pixel = (methods.set_threshold(each, method=method, rate=0.02) for each in (scores, peaks))
    assert (found.threshold, found.pixel_threshold) == (own.value, pixel.value)
    told = (found.method, found.false_alarm_rate, found.promised, found.confidence, found.interval, found.warning)
    assert told == (method, own.rate, own.promised, own.confidence, own.interval, own.warning)
    assert (found.by, found.folds, found.min_region_px) == ("calibrate", None, 0)


def test_folds_stand_in_the_calibration() -> None:
    scores = np.random.default_rng(2).gamma(4, size=50)
    found = calibrate(scores, scores, method="cross-conformal", folds=10, false_alarm_rate=0.05, **PLACE)
    assert (found.method, found.folds, found.threshold) == (
        "cross-conformal",
        10,
        conformal.threshold(scores, 0.05),
    )
    assert found.promised == pytest.approx(cross_conformal.bound(50, 10, 0.05))


def test_defective_pictures_set_the_pixels_too_where_their_maps_are_known() -> None:
    rng = np.random.default_rng(3)
    good, bad = rng.normal(10, 1, 60), rng.normal(30, 1, 30)
    wanted = {"method": "f1", "defective": bad, "false_alarm_rate": 0.05, **PLACE}
    both = calibrate(good, good / 2, defective_peaks=bad / 2, **wanted)
    assert both.false_alarm_rate is both.promised is None
    assert both.pixel_threshold == pytest.approx(both.threshold / 2)
    assert calibrate(good, good / 2, **wanted).pixel_threshold == conformal.threshold(good / 2, 0.05)
    with pytest.raises(CalibrationError, match="'f1' needs scores of defective parts; give more"):
        calibrate(good, None, method="f1", false_alarm_rate=0.05, **PLACE)
    with pytest.raises(CalibrationError, match="unknown method 'magic'"):
        calibrate(good, good, method="magic", false_alarm_rate=0.05, **PLACE)


def test_regions_as_small_as_those_of_good_parts_are_not_to_be_shown() -> None:
    peaks = np.arange(1.0, 41.0)
    maps = [np.zeros((100, 100), np.float32) for _ in peaks]
    for anomaly_map, peak in zip(maps, peaks, strict=True):
        anomaly_map[20:22, 30:32] = peak
    found = calibrate(peaks, peaks, maps=maps, false_alarm_rate=0.1, **PLACE)
    assert found.pixel_threshold is not None and found.pixel_threshold < 40
    assert found.min_region_px == 5


def test_what_a_person_left_out_leaves_a_trace() -> None:
    """If all were good, a new part is above the threshold with at most the rate plus their share."""
    rng = np.random.default_rng(4)
    scores = rng.gamma(4, size=50)
    found = calibrate(scores, None, left_out=4, false_alarm_rate=0.05, **PLACE)
    assert found.left_out == 4
    assert found.warning == (
        "4 suspects were left out by a person: if good after all, expect up to 12.4 % false alarms"
    )
    every = rng.gamma(4, size=(2000, 55))
    kept = np.sort(every[:, :54], axis=1)[:, :50]  # the four highest were left out
    limits = [conformal.threshold(row, 0.05) for row in kept]
    assert np.mean(every[:, 54] > limits) <= 0.05 + 4 / 54
    by_defects = calibrate(
        scores, None, method="f1", defective=scores + 9, left_out=1, false_alarm_rate=0.05, **PLACE
    )
    assert "1 suspect was left out by a person: if good after all, expect up to 1.96 % more" in by_defects.warning


def test_where_a_tail_reaches_it_is_named() -> None:
    for pictures, rate, named in ((100, 0.002, True), (50, 0.002, False), (100, 0.0005, False)):
        with pytest.raises(CalibrationError, match="good parts, there are") as asked:
            check_enough(pictures, rate)
        assert asked.value.hint.endswith(", or --method tail, which promises nothing") == named
        with pytest.raises(CalibrationError, match="good parts, there are") as set_:
            calibrate(np.arange(pictures), None, false_alarm_rate=rate, **PLACE)
        assert set_.value.hint == asked.value.hint


def test_equal_scores_are_refused_and_a_calibration_survives_the_card() -> None:
    with pytest.raises(
        CalibrationError, match=r"all 30 scores are equal \(2\): the model tells none of them apart"
    ):
        calibrate([2.0] * 30, None, false_alarm_rate=0.05, **PLACE)
    found = calibrate(range(30), None, false_alarm_rate=0.1, **PLACE)
    assert Calibration.model_validate_json(found.model_dump_json()) == found


def test_the_rate_of_an_old_card_was_a_promise() -> None:
    found = calibrate(range(30), None, method="sigma", false_alarm_rate=0.1, **PLACE)
    assert found.promised is None
    old = found.model_dump(
        exclude={"promised", "confidence", "interval", "warning", "folds", "min_region_px", "by"}
    )
    assert Calibration.model_validate(old | {"method": "conformal"}).promised == 0.1
    assert Calibration.model_validate(old | {"method": "foreign", "false_alarm_rate": None}).promised is None
