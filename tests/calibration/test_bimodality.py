from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from calibration import bimodality

SETS = 800
ONE_GROUP = {
    "normal": lambda rng, count: rng.normal(10, 1, count),
    "uniform": lambda rng, count: rng.uniform(10, 11, count),
    "gumbel": lambda rng, count: rng.gumbel(10, 1, count),
    "exponential": lambda rng, count: rng.exponential(size=count),
    "lognormal": lambda rng, count: rng.lognormal(0, 1, count),
    "below zero": lambda rng, count: rng.gumbel(0, 1, count),
}


@pytest.mark.parametrize("kind", ONE_GROUP)
@pytest.mark.parametrize("count", [16, 24, 40, 150])
def test_one_group_is_hardly_ever_called_two(kind: str, count: int) -> None:
    rng = np.random.default_rng([count, len(kind)])
    called = sum(bool(bimodality.warning(ONE_GROUP[kind](rng, count))) for _ in range(SETS))
    assert called <= binom.ppf(1 - 1e-4, SETS, 0.01)


def test_two_groups_are_named_with_their_middles() -> None:
    rng = np.random.default_rng(1)
    scores = rng.permutation([*rng.normal(20, 0.5, 70), *rng.normal(30, 0.5, 30)])
    assert bimodality.warning(scores).startswith(
        "scores fall into two groups, 70 about 20 and 30 about 30: two prod"
    )


def test_a_third_of_defects_among_24_pictures_is_a_group() -> None:
    rng = np.random.default_rng(2)
    called = bimodality.warning([*rng.normal(13, 0.5, 16), *rng.normal(48, 5, 8)])
    assert called.startswith("scores fall into two groups, 16 about ")


@pytest.mark.parametrize(
    "scores", [[1.0] * 60, [*range(10), *range(900, 905)], [*([5.0] * 99), 90.0], [*range(20), *range(900, 904)]]
)
def test_equal_scores_few_ones_and_a_single_outlier_are_no_groups(scores: list[float]) -> None:
    assert bimodality.warning(scores) == ""
