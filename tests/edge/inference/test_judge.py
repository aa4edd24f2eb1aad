from __future__ import annotations

import numpy as np
import pytest

from edge.errors import CalibrationError
from edge.frame import Frame
from edge.inference.engine import Engine, Raw
from edge.inference.judge import Judge, limits_of
from edge.verdict import Box, Inspection, ModelId, Verdict
from tests.edge.inference.conftest import SIZE, MakeCalibration, WriteToy

SHAPE = (300, 500)  # of the frame; maps are 30 x 40: ten and twelve and a half pixels each
TOY = ModelId("toy", "1", "0" * 64)


@pytest.fixture
def judge(make_calibration: MakeCalibration) -> Judge:
    calibration = make_calibration(threshold=50.0, pixel_threshold=5.0)
    return Judge(limits_of(calibration, masked=False), TOY)


@pytest.fixture
def frame() -> Frame:
    return Frame(camera="top", seq=1, pixels=np.zeros((*SHAPE, 3), np.uint8), captured_ns=0)


def inspected(judge: Judge, frame: Frame, raw: Raw, **area: object) -> Inspection:
    return judge.inspect(frame, raw, device="CPU", waited_ms=1.5, **area)  # type: ignore[arg-type]


def level(value: float = 1.0) -> np.ndarray:
    return np.full((30, 40), value, np.float32)


def raw(score: float, anomaly_map: np.ndarray | None = None) -> Raw:
    return Raw(score, level() if anomaly_map is None else anomaly_map, 0.5, 2.0)


@pytest.mark.parametrize(
    ("score", "verdict"),
    [(49.9, Verdict.GOOD), (50.0, Verdict.GOOD), (50.1, Verdict.ANOMALOUS), (-3.0, Verdict.GOOD)],
)
def test_a_part_is_anomalous_above_the_threshold(
    judge: Judge, frame: Frame, score: float, verdict: Verdict
) -> None:
    found = inspected(judge, frame, raw(score))
    assert (found.verdict, found.reason, found.threshold) == (verdict, "", 50.0)
    assert (found.device, found.model) == ("CPU", TOY)
    assert found.percentile == pytest.approx(max(score, 0.0))
    assert (found.latency.capture, found.latency.preprocess, found.latency.inference) == (1.5, 0.5, 2.0)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), float("-inf")])
def test_a_score_that_is_not_finite_is_unknown(judge: Judge, frame: Frame, score: float) -> None:
    found = inspected(judge, frame, raw(score))
    assert found.verdict is Verdict.UNKNOWN
    assert found.reason == "the score is not finite"
    assert (found.percentile, found.anomaly_map, found.peak, found.regions) == (None, None, None, ())


@pytest.mark.parametrize("broken", [[np.nan], [np.inf], [-np.inf], [np.inf, -np.inf]])
def test_a_map_that_is_not_finite_is_unknown_whatever_the_score(
    judge: Judge, frame: Frame, broken: list[float]
) -> None:
    anomaly_map = level()
    anomaly_map[4, : len(broken)] = broken
    found = inspected(judge, frame, raw(1.0, anomaly_map))
    assert (found.verdict, found.reason) == (Verdict.UNKNOWN, "the anomaly map is not finite")


def test_a_map_of_huge_numbers_is_still_finite(judge: Judge, frame: Frame) -> None:
    assert inspected(judge, frame, raw(1.0, level(3e38))).verdict is Verdict.GOOD


@pytest.mark.parametrize("factor", [float("nan"), float("inf")])
def test_a_real_graph_that_gives_no_number_is_never_good(
    write_toy: WriteToy, make_calibration: MakeCalibration, frame: Frame, factor: float
) -> None:
    bundle = write_toy(score=factor)
    judge = Judge(limits_of(bundle.card.calibration, masked=False), TOY)
    found = inspected(judge, frame, Engine(bundle, device="CPU").infer(np.full((*SIZE, 3), 9, np.uint8)))
    assert found.verdict is Verdict.UNKNOWN


def test_the_peak_is_in_pixels_of_the_frame(judge: Judge, frame: Frame) -> None:
    anomaly_map = level()
    anomaly_map[7, 33] = 4.0
    assert inspected(judge, frame, raw(1.0, anomaly_map)).peak == (418, 75)  # (33.5 * 12.5, 7.5 * 10)


def test_regions_are_in_pixels_of_the_frame_highest_first(judge: Judge, frame: Frame) -> None:
    anomaly_map = level()
    anomaly_map[2:5, 4:8] = 6.0
    anomaly_map[20, 30] = anomaly_map[21, 31] = 9.0  # touching at a corner: one region
    anomaly_map[28, 2] = 5.0  # not above
    first, second = inspected(judge, frame, raw(60.0, anomaly_map)).regions
    assert (first.x, first.y, first.width, first.height, first.score) == (375, 200, 25, 20, 9.0)
    assert first.area_px == 250
    assert (second.x, second.y, second.width, second.height, second.score) == (50, 20, 50, 30, 6.0)
    assert second.area_px == 1500


def test_in_a_cut_out_peak_and_regions_are_still_in_pixels_of_the_frame(judge: Judge, frame: Frame) -> None:
    anomaly_map = level()
    anomaly_map[20, 30] = 9.0
    found = inspected(judge, frame, raw(60.0, anomaly_map), box=Box(100, 50, 80, 60))
    assert found.peak == (100 + 61, 50 + 41) and found.box == Box(100, 50, 80, 60)
    (region,) = found.regions
    assert (region.x, region.y, region.width, region.height, region.area_px) == (160, 90, 2, 2, 4)


@pytest.fixture
def masked(make_calibration: MakeCalibration) -> Judge:
    """Maps of good parts reach 0 to 10, and 5 % of them more than 5; whole scores are of another kind."""
    peaks = tuple(number / 10 for number in range(101))
    calibration = make_calibration(threshold=50.0, pixel_threshold=5.0, peak_quantiles=peaks)
    return Judge(limits_of(calibration, masked=True), TOY)


def test_what_is_masked_does_not_count(masked: Judge, frame: Frame) -> None:
    anomaly_map = level()
    anomaly_map[:, :20] = 9.0
    mask = np.ones((30, 40), np.bool_)
    mask[:, :20] = False
    anomaly_map[3, 25] = 4.5
    found = inspected(masked, frame, raw(80.0, anomaly_map), mask=mask)
    assert (found.verdict, found.score, found.threshold, found.regions) == (Verdict.GOOD, 4.5, 5.0, ())
    assert found.percentile == pytest.approx(45.0)
    assert found.peak == (318, 35)
    assert found.anomaly_map is not None and float(found.anomaly_map[:, :20].max()) == 1.0
    anomaly_map[3, 25] = 5.5
    assert inspected(masked, frame, raw(80.0, anomaly_map), mask=mask).verdict is Verdict.ANOMALOUS


def test_masked_and_not_finite_is_still_unknown(masked: Judge, frame: Frame) -> None:
    mask = np.ones((30, 40), np.bool_)
    mask[0, 0] = False
    assert inspected(masked, frame, raw(float("nan")), mask=mask).verdict is Verdict.UNKNOWN
    assert inspected(masked, frame, raw(1.0, level(float("nan"))), mask=mask).verdict is Verdict.UNKNOWN


def test_a_mask_needs_a_map(make_calibration: MakeCalibration) -> None:
    with pytest.raises(CalibrationError, match="a mask needs a model with an anomaly map"):
        limits_of(make_calibration(pixel_threshold=None), masked=True)


def test_a_stations_own_threshold_wins(make_calibration: MakeCalibration) -> None:
    calibration = make_calibration(threshold=50.0, pixel_threshold=5.0)
    assert limits_of(calibration, masked=False, threshold=7.0).threshold == 7.0
    assert limits_of(calibration, masked=True, threshold=0.0).threshold == 0.0


def test_an_unknown_part_has_a_reason_and_no_numbers(judge: Judge, frame: Frame) -> None:
    found = judge.unknown(frame, "black picture", device="CPU", waited_ms=2.0, part_id="4711")
    assert (found.verdict, found.reason, found.part_id) == (Verdict.UNKNOWN, "black picture", "4711")
    assert np.isnan(found.score) and found.anomaly_map is None and found.percentile is None
    assert (found.latency.capture, found.latency.total) == (2.0, 2.0)


def test_the_share_of_good_parts_comes_with_their_number(judge: Judge, frame: Frame) -> None:
    assert inspected(judge, frame, raw(49.0)).good_parts == 20
    assert inspected(judge, frame, raw(float("nan"))).good_parts is None


def test_a_region_no_larger_than_those_of_good_parts_is_not_shown(
    make_calibration: MakeCalibration, frame: Frame
) -> None:
    calibration = make_calibration(threshold=50.0, pixel_threshold=5.0, min_region_px=5)
    anomaly_map = level()
    anomaly_map[2:4, 4:6] = 9.0  # four pixels of the map, 500 of the frame
    anomaly_map[10:15, 10] = 7.0
    (shown,) = inspected(Judge(limits_of(calibration, masked=False), TOY), frame, raw(60.0, anomaly_map)).regions
    assert shown.score == 7.0
    for least, scores in ((0, [9.0, 7.0]), (500, [9.0, 7.0]), (501, [7.0]), (626, [])):
        own = Judge(limits_of(calibration, masked=False, min_region_px=least), TOY)
        found = inspected(own, frame, raw(60.0, anomaly_map))
        assert [region.score for region in found.regions] == scores
        assert found.verdict is Verdict.ANOMALOUS
