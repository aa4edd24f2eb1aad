"""Parts as a camera shows them, and the watch whose calibration saw forty of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest

from calibration.scores import quantiles
from edge.health.camera_faults.figures import Figures
from edge.health.camera_faults.reference import ViewReference
from edge.health.drift.figures import GoodScores
from edge.health.drift.options import DriftOptions
from edge.health.drift.watch import DriftWatch
from edge.pictures import Picture
from tests.edge.health.camera_faults.conftest import HEIGHT, WIDTH, lit, model_size, reference_of, scene

CALIBRATED = 40
Show = Callable[..., Figures]


def shifted(pixels: Picture, right_px: float) -> Picture:
    matrix = np.array([[1, 0, right_px], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(pixels, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE), np.uint8)


@cache
def pool(light: float, right_px: float, blur_px: float) -> tuple[Figures, ...]:
    rng = np.random.default_rng(3)

    def shown() -> Figures:
        pixels = shifted(scene(), rng.normal(right_px, 0.3))
        if blur_px:
            pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), blur_px), np.uint8)
        return Figures(model_size(lit(pixels, rng, light=light)), (HEIGHT, WIDTH))

    return tuple(shown() for _ in range(CALIBRATED))


@pytest.fixture
def part() -> Show:
    """Figures of a part out of forty like ones: ``part(light=, right_px=, blur_px=)``."""
    rng = np.random.default_rng(4)

    def shown(*, light: float = 1.0, right_px: float = 0.0, blur_px: float = 0.0) -> Figures:
        return pool(light, right_px, blur_px)[int(rng.integers(CALIBRATED))]

    return shown


@pytest.fixture(scope="session")
def view() -> ViewReference:
    rng = np.random.default_rng(1)
    taken = reference_of(lit(shifted(scene(), rng.normal(0, 0.3)), rng) for _ in range(CALIBRATED))
    assert taken is not None
    return taken


@pytest.fixture(scope="session")
def good() -> GoodScores:
    return GoodScores(quantiles(np.random.default_rng(2).normal(10, 1, CALIBRATED)), CALIBRATED)


@pytest.fixture
def watch(good: GoodScores, view: ViewReference) -> DriftWatch:
    return DriftWatch(DriftOptions(), good, view, each_part=True)
