from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from sklearn.decomposition import PCA

from edge.scorers.gaussian import GaussianScorer
from edge.scorers.moments import Array, Moments
from edge.scorers.padim import PadimOptions, PadimScorer
from edge.scorers.subspace import SubspaceScorer
from tests.edge.scorers.conftest import MakeFeatures, RunHead

SIZE, STRIDE = (48, 64), 16  # 3 x 4 positions


def moments_of(features: Array) -> Moments:
    moments = Moments()
    for part in np.array_split(features, 3):
        moments.add(part)
    return moments


@pytest.mark.parametrize("rank", [1, 4, 9])
def test_distances_are_those_of_a_covariance_of_few_directions_and_a_floor(
    make_features: MakeFeatures, rank: int
) -> None:
    """The covariance is put together from scikit-learn's PCA and inverted; half precision costs half a percent."""
    good, unseen = (make_features(count, SIZE, [STRIDE], seed=count)[0] for count in (60, 5))
    scorer = SubspaceScorer.fit(moments_of(good), components=0, rank=rank, shrinkage=0.2)
    found = scorer.distances(unseen)
    floor = 0.2 * good.astype(np.float64).var(axis=0, ddof=1).mean()
    for row, column in ((0, 0), (1, 2), (2, 3)):
        pca = PCA(rank, svd_solver="full").fit(good[:, :, row, column].astype(np.float64))
        kept = pca.components_.T * pca.explained_variance_ @ pca.components_
        inverse = np.linalg.inv(kept + floor * np.eye(10))
        for number, picture in enumerate(unseen):
            expected = mahalanobis(picture[:, row, column].astype(np.float64), pca.mean_, inverse)
            assert found[number, row, column] == pytest.approx(expected, rel=5e-3)


def test_all_directions_give_the_full_gaussian(make_features: MakeFeatures) -> None:
    good, unseen = (make_features(count, SIZE, [STRIDE], seed=count)[0] for count in (60, 5))
    moments = moments_of(good)
    for components in (0, 6):
        full = GaussianScorer.fit(moments, components=components, shrinkage=0.2)
        all_kept = SubspaceScorer.fit(moments, components=components, rank=512, shrinkage=0.2)
        np.testing.assert_allclose(all_kept.distances(unseen), full.distances(unseen), rtol=5e-3)


def test_half_precision_keeps_distances_beside_one_direction_that_varies_much(
    make_features: MakeFeatures, run_head: RunHead
) -> None:
    """Light that flickers moves all features along one direction, hundreds of times farther than all else."""
    size = (64, 64)
    rng = np.random.default_rng(0)
    light = rng.normal(size=(1, 200, 1, 1))

    def lit(count: int, seed: int) -> Array:
        steady = make_features(count, size, [16], 200, seed=seed)[0]
        return (steady + 3000 * np.random.default_rng(seed).normal(size=(count, 1, 1, 1)) * light).astype(
            np.float32
        )

    options = PadimOptions(fine_weight=0, power=0, rank=4)
    scorer = PadimScorer.fit([[lit(40, 0)]], size, options)
    unseen = [lit(5, 1)]
    ours, stored = scorer.score(unseen), run_head(scorer, unseen, half=True)
    np.testing.assert_allclose(stored.scores, ours.scores, rtol=0.02)
