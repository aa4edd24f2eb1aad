"""A camera that freezes between two parts: frames that nobody asked about count too."""

from __future__ import annotations

import numpy as np

from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.watch import FaultWatch

SECOND = 1_000_000_000
RNG = np.random.default_rng(0)


def picture() -> np.ndarray:
    return RNG.integers(40, 200, (120, 160, 3), dtype=np.uint8)


def watch() -> FaultWatch:
    return FaultWatch(FaultOptions(), None, live=True)


def test_the_first_part_after_seconds_without_a_changed_pixel_is_not_judged() -> None:
    frozen, still = watch(), picture()
    for tenth in range(60):
        frozen.glance(still, tenth * SECOND // 10)
    assert frozen.look(still, still, 6 * SECOND).startswith("frozen picture for 6.0 s")


def test_a_live_camera_between_parts_is_sound() -> None:
    live = watch()
    for tenth in range(60):
        live.glance(picture(), tenth * SECOND // 10)
    part = picture()
    assert live.look(part, part, 6 * SECOND) == ""


def test_what_moved_in_between_begins_anew() -> None:
    camera, still = watch(), picture()
    camera.glance(still, 0)
    camera.glance(picture(), 2 * SECOND)
    for tenth in range(20):
        camera.glance(still, 2 * SECOND + tenth * SECOND // 10)
    assert camera.look(still, still, 4 * SECOND) == ""
