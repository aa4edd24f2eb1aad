from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.health.camera_faults.sharpness import sharpness
from edge.pictures import Picture
from tests.edge.health.camera_faults.conftest import scene


def grey(light: float = 1.0, blur_px: float = 0.0) -> Picture:
    pixels = cv2.cvtColor(scene(), cv2.COLOR_BGR2GRAY) * light
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), blur_px) if blur_px else pixels, np.uint8)


def test_the_more_blurred_the_less_sharp() -> None:
    values = [sharpness(grey(blur_px=blur_px)).value for blur_px in (0, 0.7, 1, 2, 4)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.1 * values[0]


@pytest.mark.parametrize("light", [0.3, 0.7, 1.3])
def test_light_does_not_count(light: float) -> None:
    assert sharpness(grey(light)).value == pytest.approx(sharpness(grey()).value, rel=0.05)


def test_a_slope_has_no_sharpness_and_noise_has_most() -> None:
    slope = np.repeat(np.arange(0, 250, 2, dtype=np.uint8)[None], 9, axis=0)
    assert sharpness(slope).value == 0
    noise = np.random.default_rng(0).integers(0, 256, (99, 99)).astype(np.uint8)
    assert sharpness(noise).value > 4


def test_a_picture_of_one_colour_has_neither_sharpness_nor_contrast() -> None:
    found = sharpness(np.full((64, 64), 70, np.uint8))
    assert (found.value, found.contrast) == (0, 0)
