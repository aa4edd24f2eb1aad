from __future__ import annotations

import numpy as np
import pytest

from edge.scorers.padim import PadimOptions, PadimScorer
from tests.edge.scorers.conftest import MakeFeatures, RunHead
from train.scorers.window import Window, WindowedScorer, placed

WINDOW = Window(top=16, left=32, size=(64, 80), picture=(96, 128))


@pytest.fixture
def inner(make_features: MakeFeatures) -> PadimScorer:
    return PadimScorer.fit([make_features(30, WINDOW.size, [16, 8])], WINDOW.size, PadimOptions(rank=4))


def test_the_map_lies_where_the_window_is_and_is_zero_elsewhere(
    inner: PadimScorer, make_features: MakeFeatures
) -> None:
    unseen = make_features(3, WINDOW.size, [16, 8], seed=5)
    whole, within = WindowedScorer(inner, WINDOW).score(unseen), inner.score(unseen)
    assert whole.maps is not None
    np.testing.assert_array_equal(whole.scores, within.scores)
    np.testing.assert_array_equal(whole.maps[:, 16:80, 32:112], within.maps)
    outside = np.ones(WINDOW.picture, bool)
    outside[16:80, 32:112] = False
    assert within.maps.min() > 0
    assert not whole.maps[:, outside].any()


def test_openvino_places_the_map_alike(inner: PadimScorer, make_features: MakeFeatures, run_head: RunHead) -> None:
    scorer = WindowedScorer(inner, WINDOW)
    unseen = make_features(3, WINDOW.size, [16, 8], seed=5)
    ours, theirs = scorer.score(unseen), run_head(scorer, unseen)
    assert ours.maps is not None
    np.testing.assert_allclose(theirs.scores, ours.scores, rtol=2e-4)
    np.testing.assert_allclose(theirs.maps, ours.maps, atol=2e-4 * ours.maps.max())


def test_a_window_of_the_whole_picture_leaves_the_scorer_as_it_is(inner: PadimScorer) -> None:
    assert placed(inner, Window(0, 0, (64, 80), (64, 80))) is inner
