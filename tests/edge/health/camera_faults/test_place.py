"""How far a view lies off, below what is a fault of the camera."""

from __future__ import annotations

import numpy as np
import pytest

from edge.health.camera_faults.place import Place
from edge.health.camera_faults.view import moved, stamp, stamp_size
from tests.edge.health.camera_faults.conftest import scene

MEAN = stamp(scene()[..., 1], stamp_size(270, 480))


@pytest.mark.parametrize(("right", "down"), [(0.0, 0.0), (0.3, 0.0), (-0.5, 0.2), (0.0, -0.8), (1.0, 1.0)])
@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.0), (0.85, 0.0), (1.2, -20.0)])
def test_a_small_shift_is_measured_in_any_light(right: float, down: float, gain: float, offset: float) -> None:
    picture = gain * moved(MEAN, right=right, down=down) + offset
    found = np.array(Place(MEAN).of(picture.astype(np.float32))) * MEAN.shape[1]
    assert found == pytest.approx([right, down], abs=0.05 + 0.25 * max(abs(right), abs(down)))


def test_a_larger_one_is_told_to_the_right_side() -> None:
    right, down = Place(MEAN).of(moved(MEAN, right=2.5, down=-2.5))
    assert right * MEAN.shape[1] > 0.5 and down * MEAN.shape[1] < -0.5


def test_a_mean_without_structure_breaks_nothing() -> None:
    assert Place(np.full((42, 42), 90, np.float32)).of(np.full((42, 42), 50, np.float32)) == pytest.approx(
        (0, 0), abs=1e-3
    )
