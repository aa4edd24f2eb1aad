"""A bright spot at a known place says where each way to resize puts it, and whether its map finds the way back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.inference.fitting import Fitting, Resize
from edge.pictures import Picture, prepare

SIZE = (64, 96)
WIDE, HIGH, SAME = (90, 240), (300, 100), (128, 192)
EACH: tuple[Resize, ...] = ("halve-linear", "linear", "fit", "letterbox", "crop")


def with_spot(shape: tuple[int, int], down: float, right: float) -> Picture:
    pixels = np.full((*shape, 3), 60, np.uint8)
    cv2.circle(pixels, (round(shape[1] * right), round(shape[0] * down)), min(shape) // 12, (250, 250, 250), -1)
    return pixels


def place_of_peak(values: np.ndarray) -> tuple[float, float]:
    """Down and right, 0 to 1."""
    bright = np.argwhere(values > 0.9 * values.max())
    down, right = (bright.mean(axis=0) + 0.5) / values.shape
    return float(down), float(right)


@pytest.mark.parametrize("shape", [WIDE, HIGH, SAME], ids=str)
@pytest.mark.parametrize("resize", EACH)
@pytest.mark.parametrize(("down", "right"), [(0.5, 0.5), (0.45, 0.58)])
def test_a_spot_in_the_picture_is_found_there_in_the_map(
    resize: Resize, shape: tuple[int, int], down: float, right: float
) -> None:
    fitting = Fitting(SIZE, resize, pad=40)
    seen = fitting.picture(with_spot(shape, down, right))
    assert seen.shape == (*SIZE, 3)
    whole = fitting.whole(seen[..., 0].astype(np.float32), shape)
    assert whole.shape == SIZE
    assert place_of_peak(whole) == pytest.approx((down, right), abs=0.03)


def test_bars_are_filled_with_the_level_asked_and_are_not_in_the_map() -> None:
    picture = np.full((*WIDE, 3), 200, np.uint8)
    for resize, bars in (("fit", [(40, 64)]), ("letterbox", [(0, 14), (50, 64)])):
        fitting = Fitting(SIZE, resize, pad=114)  # type: ignore[arg-type]
        seen = fitting.picture(picture)
        for top, bottom in bars:
            assert (seen[top:bottom] == 114).all()
        assert (seen == 200).sum() == 36 * 96 * 3
        assert (fitting.whole(seen[..., 0].astype(np.float32), WIDE) == 200).all()


def test_what_a_crop_leaves_out_is_as_low_as_the_lowest() -> None:
    fitting = Fitting(SIZE, "crop")
    pixels = np.full((*HIGH, 3), 50, np.uint8)
    pixels[:100] = 250  # above what is seen
    seen = fitting.picture(pixels)
    assert (seen == 50).all()
    anomaly_map = seen[..., 0].astype(np.float32)
    anomaly_map[0, 0] = 30
    whole = fitting.whole(anomaly_map, HIGH)
    assert (whole[:20] == 30).all()
    assert (whole[-20:] == 30).all()
    assert whole[32, 48] == 50


def test_linear_is_one_step_and_ours_halves_first() -> None:
    """A line in four is white: one step to an eighth of the size meets some of them, halving meets all."""
    lines = np.zeros((512, 768, 3), np.uint8)
    lines[::4] = 255
    in_one_step, ours = Fitting(SIZE, "linear").picture(lines), Fitting(SIZE).picture(lines)
    assert np.array_equal(in_one_step, cv2.resize(lines, (96, 64)))
    assert np.array_equal(ours, prepare(lines, SIZE))
    assert ours.mean() == pytest.approx(255 / 4, abs=1)
    assert abs(in_one_step.mean() - 255 / 4) > 30


def test_a_map_that_is_not_a_number_stays_so() -> None:
    for resize in EACH:
        broken = np.full(SIZE, np.nan, np.float32)
        assert np.isnan(Fitting(SIZE, resize).whole(broken, WIDE)).all()
