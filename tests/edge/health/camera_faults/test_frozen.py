"""A picture that moves between the few rows that are compared at a glance."""

from __future__ import annotations

import numpy as np

from edge.health.camera_faults.frozen import Glance, Stillness
from edge.pictures import Picture

SECOND = 10**9
STILL = np.random.default_rng(0).integers(40, 200, (128, 64, 3), dtype=np.uint8)
SPOT = STILL.copy()
SPOT[0, 0] = 255  # where no row is compared


def taken(pictures: list[Picture]) -> list[Glance]:
    """One picture each second, all of them taken before the first is looked at."""
    stillness = Stillness()
    return [stillness.glance(pixels, second * SECOND) for second, pixels in enumerate(pictures)]


def test_a_spot_that_comes_and_stays_is_life_and_then_a_frozen_picture_again() -> None:
    stillness = Stillness()
    pictures = [STILL] * 5 + [SPOT] * 6
    still_s = [stillness.glance(pixels, second * SECOND).still_s(pixels) for second, pixels in enumerate(pictures)]
    assert still_s == [0, 0, 2, 3, 4, 0, 0, 0, 2, 3, 4]


def test_whoever_looks_late_finds_the_same() -> None:
    pictures = [STILL] * 5 + [SPOT, STILL]
    glances = taken(pictures)
    found = {second: glances[second].still_s(pictures[second]) for second in (0, 1, 2, 5, 6, 4, 3)}
    assert [found[second] for second in range(7)] == [0, 0, 2, 3, 4, 0, 0]
