from __future__ import annotations

import numpy as np
import pytest

from edge.health.camera_faults.view import View, moved, stamp, stamp_size
from tests.edge.health.camera_faults.conftest import scene


@pytest.mark.parametrize("shape", [(480, 640), (640, 480), (512, 512), (1080, 1920), (100, 4000)])
def test_a_stamps_pixels_are_square_and_about_as_many(shape: tuple[int, int]) -> None:
    rows, columns = stamp_size(*shape)
    assert 1600 < rows * columns < 1900
    aspect = min(4.0, shape[1] / shape[0])
    assert columns / rows == pytest.approx(aspect, rel=0.05)


@pytest.mark.parametrize(
    ("right", "down", "degrees"), [(3, 0, 0), (-2, 1.5, 0), (0, 0, 5), (1, 1, -4), (9, -4, 0)]
)
def test_a_known_movement_is_measured(right: float, down: float, degrees: float) -> None:
    mean = stamp(scene()[..., 1], stamp_size(270, 480))
    movement = View(mean).movement(moved(mean, right=right, down=down, degrees=degrees))
    assert movement is not None
    assert movement.shift * mean.shape[1] == pytest.approx(np.hypot(right, down), abs=0.2)
    assert movement.rotation == pytest.approx(abs(degrees), abs=0.4)
    assert movement.after > 0.9 and 1 - movement.before > 5 * (1 - movement.after)


@pytest.mark.parametrize("shape", [(480, 640), (270, 480), (512, 512)])
def test_measuring_changes_neither_the_picture_nor_the_mean(shape: tuple[int, int]) -> None:
    """OpenCV's phase correlation writes into inputs of some sizes."""
    mean = stamp(scene()[..., 1], stamp_size(*shape))
    picture = moved(mean, right=2)
    view, before = View(mean), (mean.copy(), picture.copy())
    assert view.movement(picture) == view.movement(picture)
    assert np.array_equal(mean, before[0]) and np.array_equal(picture, before[1])


def test_another_scene_is_no_movement() -> None:
    rng = np.random.default_rng(0)
    view = View(stamp(scene()[..., 1], stamp_size(270, 480)))
    for _ in range(20):
        other = stamp(rng.integers(0, 256, (27, 48), np.uint8), view.size)
        movement = view.movement(other)
        assert movement is None or movement.after < 0.5


def test_a_picture_without_structure_fits_nothing() -> None:
    plain = np.full(stamp_size(270, 480), 99, np.float32)
    view = View(stamp(scene()[..., 1], stamp_size(270, 480)))
    movement = view.movement(plain)
    assert view.fit(plain) == 0
    assert movement is None or movement.after == 0
    assert View(plain).fit(stamp(scene()[..., 1], view.size)) == 0
