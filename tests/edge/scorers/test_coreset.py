from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from edge.scorers.coreset import greedy_coreset


def naive(points: np.ndarray, count: int, first: int) -> list[int]:
    """Each next point is the one farthest from its nearest chosen one, over all pairs of distances."""
    apart = cdist(points, points)
    chosen = [first]
    while len(chosen) < count:
        chosen.append(int(apart[:, chosen].min(axis=1).argmax()))
    return chosen


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_choice_is_that_of_the_naive_greedy_search(seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(200, 12)).astype(np.float32)
    found = greedy_coreset(points, 40, seed=seed)
    assert found.tolist() == naive(points, 40, int(found[0]))


def test_wide_points_are_chosen_in_a_projection_that_covers_almost_as_well() -> None:
    """Above 64 dimensions distances are taken in a random projection: the covering radius stays close."""
    rng = np.random.default_rng(4)
    points = rng.standard_t(3, size=(400, 20)).astype(np.float32) @ rng.normal(size=(20, 200)).astype(np.float32)
    found = greedy_coreset(points, 60, seed=0)
    radius = cdist(points, points[found]).min(axis=1).max()
    exact = cdist(points, points[naive(points, 60, int(found[0]))]).min(axis=1).max()
    by_chance = cdist(points, points[rng.choice(400, 60, replace=False)]).min(axis=1).max()
    assert radius < 1.15 * exact < by_chance


def test_no_point_is_chosen_twice_even_among_copies() -> None:
    points = np.repeat(np.random.default_rng(0).normal(size=(5, 8)), 10, axis=0).astype(np.float32)
    found = greedy_coreset(points, 50, seed=0)
    assert sorted(found.tolist()) == list(range(50))
    assert len({tuple(points[index]) for index in found[:5]}) == 5  # all different ones come first


def test_more_than_there_are_gives_all_and_counts_each_step() -> None:
    steps: list[int] = []
    points = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    assert len(greedy_coreset(points, 100, seed=0, advance=steps.append)) == 7
    assert steps == [1] * 7


def test_the_seed_decides() -> None:
    points = np.random.default_rng(0).normal(size=(300, 100)).astype(np.float32)
    first = greedy_coreset(points, 30, seed=0)
    assert np.array_equal(first, greedy_coreset(points, 30, seed=0))
    assert not np.array_equal(first, greedy_coreset(points, 30, seed=1))
