"""The slope that the soak reports is the true one, within the error that it states."""

from __future__ import annotations

import numpy as np
import pytest

from tests.faults.slope import slope_of_second_half


def life(rng: np.random.Generator, per_h: float) -> list[tuple[float, float]]:
    """Twenty minutes: a start that grows by 30 MB and levels off, a leak, and noise in lasting steps."""
    times_s = np.arange(0, 1200.0)
    steps = np.repeat(rng.normal(0, 0.3, 20), 60)
    used = (
        150 + 30 * (1 - np.exp(-times_s / 60)) + per_h * times_s / 3600 + steps + rng.normal(0, 0.1, len(times_s))
    )
    return list(zip(times_s.tolist(), used.tolist(), strict=True))


@pytest.mark.parametrize("per_h", [0.0, 20.0])
def test_the_error_covers_the_truth(per_h: float) -> None:
    rng = np.random.default_rng(1)
    found = [slope_of_second_half(life(rng, per_h), 30.0) for _ in range(100)]
    near = [abs(slope.per_h - per_h) <= 2 * slope.error for slope in found if slope is not None]
    assert len(near) == 100 and sum(near) >= 85
    assert np.mean([slope.per_h for slope in found if slope]) == pytest.approx(per_h, abs=1.5)


def test_a_short_life_has_no_slope() -> None:
    assert slope_of_second_half(life(np.random.default_rng(1), 0.0)[:400], 30.0) is None
    assert slope_of_second_half([], 30.0) is None
