from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from sklearn.covariance import EmpiricalCovariance
from sklearn.decomposition import PCA

from edge.scorers.gaussian import GaussianScorer, shorten
from edge.scorers.moments import Array, Moments
from tests.edge.scorers.conftest import MakeFeatures

SIZE, STRIDE = (48, 64), 16  # 3 x 4 positions


@pytest.fixture
def features(make_features: MakeFeatures) -> Array:
    return make_features(60, SIZE, [STRIDE])[0]


def fitted(features: Array, **options: float) -> GaussianScorer:
    moments = Moments()
    for part in np.array_split(features, 4):
        moments.add(part)
    return GaussianScorer.fit(moments, **({"components": 0, "shrinkage": 0.2} | options))  # type: ignore[arg-type]


@pytest.mark.parametrize("components", [0, 4, 9])
@pytest.mark.parametrize("shrinkage", [1e-3, 0.2])
def test_distances_are_those_of_scipy_with_scikit_learns_covariance(
    features: Array, make_features: MakeFeatures, components: int, shrinkage: float
) -> None:
    scorer = fitted(features, components=components, shrinkage=shrinkage)
    unseen = make_features(5, SIZE, [STRIDE], seed=1)[0]
    found = scorer.distances(unseen)
    assert found.shape == (5, 3, 4)
    variances = features.astype(np.float64).var(axis=0, ddof=1)  # [C, h, w]
    floor = shrinkage * variances.mean()
    projection = scorer.projection.astype(np.float64)
    for row, column in ((0, 0), (1, 2), (2, 3)):
        good = features[:, :, row, column].astype(np.float64) @ projection
        unbiased = EmpiricalCovariance().fit(good).covariance_ * len(good) / (len(good) - 1)
        inverse = np.linalg.inv(unbiased + floor * np.eye(len(unbiased)))
        for number, picture in enumerate(unseen):
            vector = picture[:, row, column].astype(np.float64) @ projection
            expected = mahalanobis(vector, good.mean(axis=0), inverse)
            assert found[number, row, column] == pytest.approx(expected, rel=2e-3), (row, column, number)


def test_the_shared_projection_keeps_the_variance_of_all_positions_together(features: Array) -> None:
    """Of pooled features, means of the positions included: scikit-learn's PCA spans the same space."""
    kept = 4
    projection = fitted(features, components=kept).projection
    np.testing.assert_allclose(projection.T @ projection, np.eye(kept), atol=1e-5)
    pooled = features.astype(np.float64).transpose(0, 2, 3, 1).reshape(-1, features.shape[1])
    theirs = PCA(kept, svd_solver="full").fit(pooled).components_.T
    overlap = np.linalg.svd(theirs.T @ projection, compute_uv=False)  # cosines of the angles between the spaces
    assert overlap.min() > 0.999


def test_fewer_pictures_than_channels_still_give_finite_distances(features: Array) -> None:
    scorer = fitted(features[:5])
    assert np.isfinite(scorer.distances(features)).all()
    assert scorer.distances(features[:5]).mean() < scorer.distances(features[5:]).mean()


def test_pictures_that_are_all_the_same_still_give_finite_distances(features: Array) -> None:
    same = np.repeat(features[:1], 8, axis=0)
    scorer = fitted(same)
    unlike = scorer.distances(features[1:])
    assert np.isfinite(unlike).all()
    assert scorer.distances(same).max() < 1e-3 * unlike.min()


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_shortening_divides_each_vector_by_a_power_of_its_length(features: Array, power: float) -> None:
    shortened = shorten(features, power)
    for row, column in ((0, 0), (2, 3)):
        vector = features[7, :, row, column].astype(np.float64)
        expected = vector / np.linalg.norm(vector) ** power
        np.testing.assert_allclose(shortened[7, :, row, column], expected, rtol=1e-5)


def test_features_of_length_zero_stay_zero() -> None:
    assert not shorten(np.zeros((1, 3, 2, 2), np.float32), 1.0).any()
