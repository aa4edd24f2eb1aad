from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.neighbors import NearestNeighbors

from edge.scorers.gaussian import shorten
from edge.scorers.patchcore import Array, PatchcoreOptions, PatchcoreScorer
from tests.edge.scorers.conftest import MakeFeatures

SIZE = (48, 80)  # 3 x 5 positions


def fitted(features: Array, **options: object) -> PatchcoreScorer:
    chosen = PatchcoreOptions.model_validate({"coreset": 50, "smoothing_px": 0} | options)
    return PatchcoreScorer.fit([[part] for part in np.array_split(features, 3)], SIZE, chosen)


def rows(features: Array) -> np.ndarray:
    """[N, C, h, w] to [N, P, C], shortened, in double precision."""
    short = shorten(features, 0.5).astype(np.float64)
    return short.reshape(*short.shape[:2], -1).transpose(0, 2, 1)


@pytest.fixture
def good(make_features: MakeFeatures) -> Array:
    return make_features(24, SIZE, [16])[0]


@pytest.fixture
def unseen(make_features: MakeFeatures) -> Array:
    return make_features(6, SIZE, [16], seed=9)[0]


@pytest.mark.parametrize("top_share", [0.01, 0.3])
def test_scores_are_scikit_learns_nearest_distances(good: Array, unseen: Array, top_share: float) -> None:
    scorer = fitted(good, top_share=top_share)
    memory = (scorer.memory + scorer.centre).astype(np.float64)
    assert len(memory) == 50
    nearest = NearestNeighbors(n_neighbors=1).fit(memory)
    found = scorer.score([unseen])
    for number, vectors in enumerate(rows(unseen)):
        distances = np.sort(nearest.kneighbors(vectors)[0][:, 0])[::-1]
        assert found.scores[number] == pytest.approx(distances[: scorer.top].mean(), rel=1e-4)
    assert scorer.top == max(1, round(15 * top_share))


def test_the_memory_is_made_of_features_of_good_pictures(good: Array) -> None:
    memory = fitted(good).memory + fitted(good).centre
    everything = rows(good).reshape(-1, good.shape[1])
    apart = NearestNeighbors(n_neighbors=1).fit(everything).kneighbors(memory)[0]
    assert apart.max() < 1e-5


@pytest.mark.parametrize("neighbours", [2, 9, 50])
def test_reweighting_is_the_papers_formula(good: Array, unseen: Array, neighbours: int) -> None:
    """Equation 7: s = (1 - exp|t - m*| / sum of exp|t - m| over the b neighbours m of m*) |t - m*|."""
    scorer = fitted(good, neighbours=neighbours, top_share=1e-6)
    memory = (scorer.memory + scorer.centre).astype(np.float64)
    found = scorer.score([unseen]).scores
    for number, vectors in enumerate(rows(unseen)):
        apart = np.linalg.norm(vectors[:, None] - memory[None], axis=2)  # [P, M]
        test = int(apart.min(axis=1).argmax())
        star = int(apart[test].argmin())
        around = np.argsort(np.linalg.norm(memory - memory[star], axis=1))[:neighbours]
        assert around[0] == star
        weight = 1 - math.exp(apart[test, star]) / sum(math.exp(apart[test, m]) for m in around)
        assert found[number] == pytest.approx(weight * apart[test, star], rel=1e-3)


def test_far_features_do_not_overflow_the_reweighting(good: Array, unseen: Array) -> None:
    scorer = fitted(good, neighbours=5, power=0.0)
    scores = scorer.score([unseen * 1000]).scores
    assert np.isfinite(scores).all()


def test_neighbours_found_in_parts_are_those_found_at_once(good: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fitted(good, neighbours=7).around
    monkeypatch.setattr("edge.scorers.patchcore._PART", 16)
    assert np.array_equal(fitted(good, neighbours=7).around, whole)


def test_arrays_bring_the_scorer_back(good: Array, unseen: Array) -> None:
    for neighbours in (0, 4):
        scorer = fitted(good, neighbours=neighbours)
        again = PatchcoreScorer.from_arrays(scorer.arrays(), SIZE, scorer.options)
        assert np.array_equal(again.score([unseen]).scores, scorer.score([unseen]).scores)


def test_each_step_of_the_coreset_is_counted(good: Array) -> None:
    steps: list[int] = []
    PatchcoreScorer.fit([[good]], SIZE, PatchcoreOptions(coreset=30), advance=steps.append)
    assert sum(steps) == 30


@pytest.mark.parametrize(
    ("option", "value"), [("neighbours", 1), ("average", 2), ("stride", 12), ("coreset", 3), ("stirde", 16)]
)
def test_options_that_cannot_work_are_refused(option: str, value: int) -> None:
    with pytest.raises(ValidationError, match=option):
        PatchcoreOptions.model_validate({option: value})
