from __future__ import annotations

import numpy as np
import pytest

from train.models.registry import find_kind, options_of

KIND = find_kind("lake")
SIZE = (24, 32)
RNG = np.random.default_rng(6)
PICTURE = RNG.random((30, 3, *SIZE), dtype=np.float32)
BLUR = RNG.normal(0, 0.05, PICTURE.shape) * RNG.uniform(0.9, 1.1, (30, 1, 1, 1))
LATENT = RNG.normal(0, 0.3, (30, 5)).astype(np.float32)
UNITS = np.array([1e-2, 1, 30, 1e3, 1e-3], np.float32)


def drawn(latent: np.ndarray, blur: float) -> list[np.ndarray]:
    return [PICTURE, (PICTURE + blur * BLUR).astype(np.float32), latent.astype(np.float32)]


@pytest.mark.parametrize("density", ["kde", "gaussian"])
def test_the_unit_of_a_number_says_nothing(density: str) -> None:
    options = options_of(KIND, {"components": 3, "density": density})
    found = []
    for units in (np.ones(5), UNITS):
        scorer = KIND.fit([drawn(LATENT * units, 1)], SIZE, options, 0, lambda steps: None)
        found.append(scorer.score(drawn(LATENT[::-1] * units, 1.2)).scores)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-3)


def test_a_part_that_is_only_drawn_worse_is_above_all_good_ones() -> None:
    scorer = KIND.fit([drawn(LATENT, 1)], SIZE, options_of(KIND, {"components": 5}), 0, lambda steps: None)
    worse = drawn(np.broadcast_to(LATENT.mean(axis=0), LATENT.shape), 2)
    assert scorer.score(worse).scores.min() > scorer.score(drawn(LATENT, 1)).scores.max()
