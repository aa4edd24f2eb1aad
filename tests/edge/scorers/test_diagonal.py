from __future__ import annotations

import numpy as np
import pytest

from edge.scorers.diagonal import DiagonalScorer
from edge.scorers.moments import Array, Moments
from tests.edge.scorers.conftest import MakeFeatures

SIZE, STRIDE = (24, 40), 8  # 3 x 5 positions


def fitted(features: Array, shrinkage: float = 0.1) -> DiagonalScorer:
    moments = Moments()
    moments.add(features)
    return DiagonalScorer.fit(moments, shrinkage=shrinkage)


def test_distances_are_variances_along_the_axes_of_the_pooled_covariance(make_features: MakeFeatures) -> None:
    """Written out position by position, in double precision."""
    good, unseen = (make_features(count, SIZE, [STRIDE], seed=count)[0].astype(np.float64) for count in (50, 4))
    found = fitted(good.astype(np.float32)).distances(unseen.astype(np.float32))
    places = [(row, column) for row in range(3) for column in range(5)]
    covariances = {place: np.cov(good[:, :, *place], rowvar=False) for place in places}
    _, axes = np.linalg.eigh(sum(covariances.values()) / len(places))
    along = {place: np.diag(axes.T @ covariances[place] @ axes) for place in places}
    floor = 0.1 * np.mean(list(along.values()))
    for place in places:
        turned = (unseen[:, :, *place] - good[:, :, *place].mean(axis=0)) @ axes
        expected = np.sqrt((turned**2 / (along[place] + floor)).sum(axis=1))
        np.testing.assert_allclose(found[:, *place], expected, rtol=2e-3)


def test_steady_features_have_constants_that_half_precision_holds(make_features: MakeFeatures) -> None:
    """Bundles store constants as float16, whose largest is 65504."""
    steady = make_features(20, SIZE, [STRIDE])[0] * np.float32(1e-4)
    constants = fitted(steady).arrays()
    assert max(np.abs(array).max() for array in constants.values()) < 65504
    assert np.float16(constants["sharpness"].min()) > 0


@pytest.mark.parametrize("shrinkage", [0.01, 1.0])
def test_pictures_that_are_all_the_same_give_finite_distances(
    make_features: MakeFeatures, shrinkage: float
) -> None:
    features = make_features(6, SIZE, [STRIDE])[0]
    scorer = fitted(np.repeat(features[:1], 6, axis=0), shrinkage)
    assert np.isfinite(scorer.distances(features)).all()
