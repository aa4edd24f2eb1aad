from __future__ import annotations

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from edge.scorers.gaussian import shorten
from edge.scorers.padim import Array, PadimOptions, PadimScorer
from tests.edge.scorers.conftest import MakeFeatures

SIZE = (96, 128)  # coarse 6 x 8, fine 12 x 16


@pytest.fixture
def good(make_features: MakeFeatures) -> list[Array]:
    return make_features(40, SIZE, [16, 8])


@pytest.fixture
def unseen(make_features: MakeFeatures) -> list[Array]:
    return make_features(4, SIZE, [16, 8], seed=7)


def fitted(good: list[Array], **options: object) -> PadimScorer:
    return PadimScorer.fit([good], SIZE, PadimOptions.model_validate(options))


def test_the_score_averages_the_largest_coarse_distances(good: list[Array], unseen: list[Array]) -> None:
    scorer = fitted(good, top_share=0.1)
    distances = scorer.coarse.distances(shorten(unseen[0], 0.5)).reshape(4, -1)
    expected = np.sort(distances, axis=1)[:, -5:].mean(axis=1)  # a tenth of 48 positions
    np.testing.assert_allclose(scorer.score(unseen).scores, expected, rtol=1e-5)


def test_the_finer_grid_shapes_the_map_and_leaves_the_score(good: list[Array], unseen: list[Array]) -> None:
    with_fine, without = fitted(good).score(unseen), fitted(good[:1], fine_weight=0).score(unseen[:1])
    np.testing.assert_array_equal(with_fine.scores, without.scores)
    assert np.abs(with_fine.maps - without.maps).max() > 0.1 * without.maps.max()


@pytest.mark.parametrize("weight", [0.25, 0.8])
def test_the_map_is_the_weighted_geometric_mean_of_both_grids(
    good: list[Array], unseen: list[Array], weight: float
) -> None:
    scorer = fitted(good, fine_weight=weight, smoothing_px=0)
    assert scorer.fine is not None
    maps = scorer.score(unseen).maps
    coarse = scorer.coarse.distances(shorten(unseen[0], 0.5))
    fine = scorer.fine.distances(shorten(unseen[1], 0.5))
    for number in range(4):
        raised = cv2.resize(coarse[number], (16, 12), interpolation=cv2.INTER_LINEAR)
        joined = np.exp((1 - weight) * np.log(raised) + weight * np.log(fine[number]))
        expected = cv2.resize(joined, SIZE[::-1], interpolation=cv2.INTER_LINEAR)
        np.testing.assert_allclose(maps[number], expected, rtol=1e-3)


def test_a_changed_place_stands_out_in_the_map_where_it_is(good: list[Array], unseen: list[Array]) -> None:
    coarse, fine = (view.copy() for view in unseen)
    coarse[0, :, 4, 1] += 25
    fine[0, :, 8:10, 2:4] += 25
    scored = fitted(good).score([coarse, fine])
    row, column = np.unravel_index(scored.maps[0].argmax(), SIZE)
    assert 64 <= row < 80
    assert 16 <= column < 32
    assert scored.scores[0] > 2 * scored.scores[1:].max()


def test_batches_of_any_size_fit_the_same_scorer(good: list[Array], unseen: list[Array]) -> None:
    at_once = fitted(good)
    parts = [[view[start : start + 8] for view in good] for start in range(0, 40, 8)]
    in_parts = PadimScorer.fit(parts, SIZE, at_once.options)
    np.testing.assert_allclose(in_parts.score(unseen).scores, at_once.score(unseen).scores, rtol=1e-3)


@pytest.mark.parametrize("fine_weight", [0.0, 1 / 3])
def test_arrays_bring_the_scorer_back(good: list[Array], unseen: list[Array], fine_weight: float) -> None:
    scorer = fitted(good if fine_weight else good[:1], fine_weight=fine_weight)
    again = PadimScorer.from_arrays(scorer.arrays(), SIZE, scorer.options)
    assert np.array_equal(again.score(unseen).maps, scorer.score(unseen).maps)


@pytest.mark.parametrize(
    ("option", "value"), [("average", 4), ("stride", 24), ("fine_stride", 6), ("shrinkage", 0), ("components", -1)]
)
def test_options_that_cannot_work_are_refused(option: str, value: int) -> None:
    with pytest.raises(ValidationError, match=option):
        PadimOptions.model_validate({option: value})
