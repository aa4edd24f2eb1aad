from __future__ import annotations

import numpy as np
import pytest

from edge.frame import Frame
from edge.inference.engine import Engine, Raw
from edge.inference.judge import MOST_REGIONS, Judge, find_regions
from edge.verdict import Verdict
from tests.edge.inference.conftest import SIZE, MakeCalibration, WriteToy

SHAPE = (300, 500)  # of the frame; maps are 30 x 40: ten and twelve and a half pixels each


@pytest.fixture
def judge(make_calibration: MakeCalibration) -> Judge:
    return Judge(make_calibration(threshold=50.0, pixel_threshold=5.0), "CPU")


@pytest.fixture
def frame() -> Frame:
    return Frame(camera="top", seq=1, pixels=np.zeros((*SHAPE, 3), np.uint8), captured_ns=0)


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
    found = judge.inspect(frame, raw(score), waited_ms=1.5)
    assert (found.verdict, found.reason, found.threshold, found.device) == (verdict, "", 50.0, "CPU")
    assert found.percentile == pytest.approx(max(score, 0.0))
    assert (found.latency.capture, found.latency.preprocess, found.latency.inference) == (1.5, 0.5, 2.0)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), float("-inf")])
def test_a_score_that_is_not_finite_is_unknown(judge: Judge, frame: Frame, score: float) -> None:
    found = judge.inspect(frame, raw(score), waited_ms=0)
    assert found.verdict is Verdict.UNKNOWN
    assert found.reason == "the score is not finite"
    assert (found.percentile, found.anomaly_map, found.peak, found.regions) == (None, None, None, ())


@pytest.mark.parametrize("broken", [[np.nan], [np.inf], [-np.inf], [np.inf, -np.inf]])
def test_a_map_that_is_not_finite_is_unknown_whatever_the_score(
    judge: Judge, frame: Frame, broken: list[float]
) -> None:
    anomaly_map = level()
    anomaly_map[4, : len(broken)] = broken
    found = judge.inspect(frame, raw(1.0, anomaly_map), waited_ms=0)
    assert (found.verdict, found.reason) == (Verdict.UNKNOWN, "the anomaly map is not finite")


def test_a_map_of_huge_numbers_is_still_finite(judge: Judge, frame: Frame) -> None:
    assert judge.inspect(frame, raw(1.0, level(3e38)), waited_ms=0).verdict is Verdict.GOOD


@pytest.mark.parametrize("factor", [float("nan"), float("inf")])
def test_a_real_graph_that_gives_no_number_is_never_good(
    write_toy: WriteToy, make_calibration: MakeCalibration, frame: Frame, factor: float
) -> None:
    bundle = write_toy(score=factor)
    found = Judge(bundle.card.calibration, "CPU").inspect(
        frame, Engine(bundle, device="CPU").infer(np.full((*SIZE, 3), 9, np.uint8)), waited_ms=0
    )
    assert found.verdict is Verdict.UNKNOWN


def test_the_peak_is_in_pixels_of_the_frame(judge: Judge, frame: Frame) -> None:
    anomaly_map = level()
    anomaly_map[7, 33] = 4.0
    assert judge.inspect(frame, raw(1.0, anomaly_map), waited_ms=0).peak == (418, 75)  # (33.5 * 12.5, 7.5 * 10)


def test_regions_are_in_pixels_of_the_frame_highest_first(judge: Judge, frame: Frame) -> None:
    anomaly_map = level()
    anomaly_map[2:5, 4:8] = 6.0
    anomaly_map[20, 30] = anomaly_map[21, 31] = 9.0  # touching at a corner: one region
    anomaly_map[28, 2] = 5.0  # not above
    first, second = judge.inspect(frame, raw(60.0, anomaly_map), waited_ms=0).regions
    assert (first.x, first.y, first.width, first.height, first.score) == (375, 200, 25, 20, 9.0)
    assert first.area_px == 250
    assert (second.x, second.y, second.width, second.height, second.score) == (50, 20, 50, 30, 6.0)
    assert second.area_px == 1500


@pytest.mark.parametrize("shape", [(300, 500), (31, 43), (480, 641), (7, 9), (1080, 1920)], ids=str)
def test_regions_stay_inside_the_frame_and_cover_their_cells(shape: tuple[int, int]) -> None:
    for row, column in ((0, 0), (29, 39), (17, 5), (1, 38)):
        anomaly_map = level(0.0)
        anomaly_map[row, column] = 9.0
        (region,) = find_regions(anomaly_map, 5.0, shape)
        assert min(region.width, region.height, region.area_px) >= 1
        assert region.x <= column * shape[1] / 40
        assert (column + 1) * shape[1] / 40 <= region.x + region.width <= shape[1]
        assert region.y <= row * shape[0] / 30
        assert (row + 1) * shape[0] / 30 <= region.y + region.height <= shape[0]


def test_many_regions_are_cut_to_the_highest() -> None:
    anomaly_map = level(0.0)
    anomaly_map[::2, ::2] = np.arange(300, dtype=np.float32).reshape(15, 20) + 10
    found = find_regions(anomaly_map, 5.0, SHAPE)
    assert [region.score for region in found] == [309.0 - number for number in range(MOST_REGIONS)]


def test_without_a_pixel_threshold_there_are_no_regions() -> None:
    assert find_regions(level(9.0), None, SHAPE) == ()
