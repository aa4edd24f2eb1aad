from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.health.camera_faults.noise import noise_of
from tests.edge.health.camera_faults.conftest import scene


@pytest.mark.parametrize("shape", [(270, 480), (300, 300), (1080, 1920), (48, 64)])
@pytest.mark.parametrize("sigma", [2.0, 8.0, 25.0])
def test_white_noise_is_measured(shape: tuple[int, int], sigma: float) -> None:
    rng = np.random.default_rng(0)
    grey = np.clip(np.rint(128 + rng.normal(0, sigma, shape)), 0, 255).astype(np.uint8)
    assert noise_of(np.repeat(grey[..., None], 3, axis=2)) == pytest.approx(sigma, rel=0.25)


def test_structure_is_no_noise() -> None:
    busy = scene()
    for x in range(0, 120, 6):  # a pattern over a quarter of the picture
        cv2.line(busy, (x, 0), (x, 269), (255, 255, 255), 2)
    assert noise_of(scene()) < 0.3
    assert noise_of(busy) < 0.3
