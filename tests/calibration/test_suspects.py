from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from calibration import suspects
from calibration.scores import ScoresError

SETS = 1500
CLEAN = {
    "normal": lambda rng, count: rng.normal(10, 1, count),
    "gumbel": lambda rng, count: rng.gumbel(10, 1, count),
    "gamma": lambda rng, count: rng.gamma(4, size=count),
    "exponential": lambda rng, count: rng.exponential(size=count),
    "lognormal": lambda rng, count: rng.lognormal(0, 1, count),
    "pareto": lambda rng, count: 1 + rng.pareto(3, count),  # the heaviest that the rule is made for
    "below zero": lambda rng, count: rng.gumbel(0, 1, count),
}


@pytest.mark.parametrize("kind", CLEAN)
@pytest.mark.parametrize("count", [15, 40, 150])
@pytest.mark.parametrize("chance", [suspects.TOLD, suspects.REFUSED])
def test_a_clean_set_is_hardly_ever_suspected(kind: str, count: int, chance: float) -> None:
    rng = np.random.default_rng([count, len(kind)])
    suspected = sum(bool(suspects.find(CLEAN[kind](rng, count), chance)) for _ in range(SETS))
    assert suspected <= binom.ppf(1 - 1e-4, SETS, chance)


@pytest.mark.parametrize("defective", [1, 3, 8])
def test_defective_parts_among_the_good_are_found_wherever_they_stand(defective: int) -> None:
    rng = np.random.default_rng(defective)
    hits = misses = wrong = 0
    for _ in range(100):
        scores = np.concatenate([rng.gumbel(10, 1, 80), rng.normal(45, 4, defective)])
        order = rng.permutation(len(scores))
        found = {int(order[index]) for index in suspects.find(scores[order], suspects.REFUSED)}
        planted = set(range(80, len(scores)))
        hits, misses, wrong = (
            hits + len(found & planted),
            misses + len(planted - found),
            wrong + len(found - planted),
        )
    assert hits > 0.95 * (hits + misses)
    assert wrong <= 0.2 * hits / defective  # a good part beyond the others may be named with them


@pytest.mark.parametrize("defective", [1, 3])
def test_a_few_defects_among_few_parts_are_told_of_before_they_would_stop_the_way(defective: int) -> None:
    """Of about four times the score, among 25: as those of broken bottles were."""
    rng = np.random.default_rng(defective)
    told = refused = 0
    for _ in range(200):
        scores = np.concatenate([rng.normal(16, 3, 25), rng.normal(60, 8, defective)])
        planted = set(range(25, 25 + defective))
        told += planted <= set(suspects.find(scores))
        refused += planted <= set(suspects.find(scores, suspects.REFUSED))
    assert told > 0.85 * 200 > refused


def test_the_strangest_comes_first() -> None:
    scores = [*np.random.default_rng(0).normal(10, 1, 60), 60.0, 80.0, 70.0]
    assert suspects.find(scores) == (61, 62, 60)


@pytest.mark.parametrize("scores", [[1.0] * 30, [1.0] * 29 + [5.0], [1.0, 2.0, 900.0]])
def test_scores_without_a_scale_and_a_handful_name_nobody(scores: list[float]) -> None:
    assert suspects.find(scores) == ()


def test_scores_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ScoresError, match="1 of 20 scores are not finite"):
        suspects.find([*range(19), np.nan])
