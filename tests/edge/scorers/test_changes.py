from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.pictures import Picture
from edge.scorers.changes import blurred, compressed, lit, moved, noisy


@pytest.fixture
def picture() -> Picture:
    """Smooth, with structure in both directions."""
    noise = np.random.default_rng(3).uniform(0, 255, (80, 120, 3)).astype(np.float32)
    return np.clip(cv2.GaussianBlur(noise, (0, 0), 3) * 4 - 380, 0, 255).astype(np.uint8)


def error(left: Picture, right: Picture) -> float:
    """Mean difference in grey levels, without the rim that a movement brings in."""
    return float(np.abs(left.astype(float) - right)[12:-12, 12:-12].mean())


def test_light_scales_grey_levels_and_white_stays_white() -> None:
    shown = lit(np.array([[[10, 100, 200]]], np.uint8), 1.5)
    assert shown.tolist() == [[[15, 150, 255]]]


def test_a_shift_moves_right_and_down_and_repeats_the_edge(picture: Picture) -> None:
    shown = moved(picture, right_px=5, down_px=3)
    np.testing.assert_array_equal(shown[3:, 5:], picture[:-3, :-5])
    np.testing.assert_array_equal(shown[:, 0], shown[:, 4])


def test_a_rotation_turns_about_the_middle_and_back(picture: Picture) -> None:
    turned = moved(picture, degrees=4)
    assert error(turned, picture) > 10
    assert error(moved(turned, degrees=-4), picture) < 2
    np.testing.assert_array_equal(moved(picture[:, :80], degrees=90), np.rot90(picture[:, :80]))


def test_a_squeezed_picture_is_turned_in_the_scene(picture: Picture) -> None:
    """Turning and squeezing commute: pixels of a wide frame brought to a square are not square."""

    def squeezed(pixels: Picture) -> Picture:
        return np.asarray(cv2.resize(pixels, (60, 80), interpolation=cv2.INTER_AREA), np.uint8)

    expected = squeezed(moved(picture, degrees=6))
    assert error(moved(squeezed(picture), degrees=6, aspect=2.0), expected) < 2
    assert error(moved(squeezed(picture), degrees=6), expected) > 5


def test_blur_noise_and_compression_have_the_strength_asked_for(picture: Picture) -> None:
    grey = np.full((200, 200, 3), 128, np.uint8)
    assert noisy(grey, 5, np.random.default_rng(0)).astype(float).std() == pytest.approx(5, rel=0.05)
    line = np.zeros((41, 41, 3), np.uint8)
    line[20] = 255
    spread = blurred(line, 2.0)[:, 20, 0].astype(float)
    rows = np.arange(41) - 20
    assert np.sqrt((spread * rows**2).sum() / spread.sum()) == pytest.approx(2.0, rel=0.05)
    assert blurred(picture, 0) is picture
    assert error(compressed(picture, 10), picture) > 2 * error(compressed(picture, 90), picture) > 0
