from __future__ import annotations

import numpy as np
import pytest

from train.cross_fit import CrossFit, cross_fit, joined
from train.models.registry import find_kind, options_of

SIZE = (64, 64)
COUNT, FOLDS = 20, (0, 1, 2, 3) * 5
Features = list[np.ndarray]


@pytest.fixture
def features() -> Features:
    """Views of padim: the coarse grid and the fine one."""
    rng = np.random.default_rng(0)
    grids = ((6, 4, 4), (5, 8, 8))
    return [rng.normal(3, 1, (COUNT, *grid)).astype(np.float32) for grid in grids]


def fit(features: Features, folds: tuple[int, ...] = FOLDS, **options: bool) -> CrossFit:
    kind = find_kind("padim")
    return cross_fit(kind, features, folds, SIZE, options_of(kind, {"rank": 4}), 0, **options)


def test_each_picture_is_scored_by_a_fit_of_the_other_folds(features: Features) -> None:
    found = fit(features, keep_maps=True)
    kind = find_kind("padim")
    fold = np.array(FOLDS)
    for number in range(4):
        others = [view[fold != number] for view in features]
        scorer = kind.fit([others], SIZE, options_of(kind, {"rank": 4}), 0, lambda done: None)
        expected = scorer.score([view[fold == number] for view in features])
        np.testing.assert_allclose(found.scores[fold == number], expected.scores, rtol=1e-3)
        np.testing.assert_allclose(found.peaks[fold == number], expected.maps.max(axis=(1, 2)), rtol=1e-3)
    assert found.maps is not None
    np.testing.assert_array_equal(found.maps.max(axis=(1, 2)), found.peaks)


def test_jittered_copies_are_fitted_with_their_fold_and_never_scored(features: Features) -> None:
    """Ten pictures, each followed by one copy."""
    kind, options = find_kind("padim"), options_of(find_kind("padim"), {"rank": 4})
    folds = (0, 1, 2, 3, 4) * 2
    found = cross_fit(kind, features, folds, SIZE, options, 0, copies=1)
    assert found.scores.shape == (10,)
    row_fold = np.repeat(folds, 2)
    for number in range(5):
        scorer = kind.fit([[view[row_fold != number] for view in features]], SIZE, options, 0, lambda done: None)
        expected = scorer.score([view[::2][np.array(folds) == number] for view in features])
        np.testing.assert_allclose(found.scores[np.array(folds) == number], expected.scores, rtol=1e-3)
    everything = kind.fit([features], SIZE, options, 0, lambda done: None)
    np.testing.assert_allclose(found.scorer.score(features).scores, everything.score(features).scores, rtol=1e-3)


def test_the_scorer_itself_saw_every_picture(features: Features) -> None:
    """So it takes an odd picture for usual that the other folds' scorers find odd."""
    for view in features:
        view[7, :3] *= -4
    found = fit(features)
    own = found.scorer.score(features).scores
    assert found.scores[7] > 1.5 * own[7]
    assert found.maps is None


def test_copies_in_one_fold_do_not_hide_each_other(features: Features) -> None:
    for view in features:
        view[7, :3] *= -4
        view[8] = view[7]
    apart = fit(features).scores[7]
    together = fit(features, tuple(3 if number == 8 else fold for number, fold in enumerate(FOLDS))).scores[7]
    assert together > 1.3 * apart


def test_batches_are_joined_view_by_view() -> None:
    batches = [[np.zeros((2, 1, 1, 1)), np.ones((2, 3, 2, 2))], [np.zeros((1, 1, 1, 1)), np.ones((1, 3, 2, 2))]]
    assert [view.shape for view in joined(batches)] == [(3, 1, 1, 1), (3, 3, 2, 2)]
