from __future__ import annotations

import numpy as np
import pytest

from edge.errors import TrainingError
from edge.scorers.moments import Array, Moments


def drawn(count: int = 40, *, offset: float = 0.0) -> Array:
    rng = np.random.default_rng(3)
    mixing = rng.normal(size=(5, 5))
    noise = np.einsum("dc,nchw->ndhw", mixing, rng.normal(size=(count, 5, 2, 3)))
    return (noise + rng.normal(0, 2, (5, 2, 3)) + offset).astype(np.float32)


def gathered(features: Array, *sizes: int) -> Moments:
    moments = Moments()
    for part in np.split(features, np.cumsum(sizes)[:-1]):
        moments.add(part)
    assert moments.count == len(features)
    return moments


def covariances(moments: Moments) -> Array:
    """All positions', put together of the parts that they come in."""
    parts = list(moments.covariances())
    assert [some.start for some, _ in parts] == [0, *(some.stop for some, _ in parts)][:-1]
    return np.concatenate([part for _, part in parts])


def numpy_covariances(features: Array) -> np.ndarray:
    vectors = features.astype(np.float64).reshape(*features.shape[:2], -1)  # [N, C, P]
    return np.stack([np.cov(vectors[:, :, position], rowvar=False) for position in range(vectors.shape[2])])


@pytest.mark.parametrize("sizes", [(40,), (1, 39), (16, 16, 8), (1,) * 40])
def test_batches_of_any_size_give_numpys_mean_and_covariance(sizes: tuple[int, ...]) -> None:
    features = drawn()
    moments = gathered(features, *sizes)
    flat = features.astype(np.float64).reshape(40, 5, 6)
    np.testing.assert_allclose(moments.mean(), flat.mean(axis=0).T, atol=2e-6)
    np.testing.assert_allclose(covariances(moments), numpy_covariances(features), rtol=1e-4, atol=1e-4)
    assert moments.grid == (2, 3)


@pytest.mark.parametrize("positions", [1, 4, 5])
def test_looking_at_a_few_positions_at_a_time_changes_nothing(
    positions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.scorers.moments._CHUNK_BYTES", positions * 4 * 5**2)
    features = drawn()
    moments = gathered(features, 16, 16, 8)
    assert len(list(moments.covariances())) == -(-6 // positions)
    expected = numpy_covariances(features)
    np.testing.assert_allclose(covariances(moments), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(moments.pooled(), expected.mean(axis=0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(moments.variance(), np.einsum("pii->pi", expected), rtol=1e-4)


def test_the_order_of_pictures_does_not_matter() -> None:
    features = drawn()
    other = features[np.random.default_rng(0).permutation(40)]
    first, second = gathered(features, 16, 16, 8), gathered(other, 16, 16, 8)
    np.testing.assert_allclose(first.mean(), second.mean(), atol=2e-6)
    np.testing.assert_allclose(covariances(first), covariances(second), rtol=1e-4, atol=1e-4)


def test_features_far_from_zero_keep_their_variance() -> None:
    """At 10 000 single precision resolves 0.001; sums of squares about zero would lose the variance altogether."""
    features = drawn(offset=1e4)
    found = covariances(gathered(features, 16, 16, 8))
    expected = numpy_covariances(features)
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3 * np.abs(expected).max())


def test_a_single_picture_has_a_mean_and_no_spread() -> None:
    features = drawn(1)
    moments = gathered(features, 1)
    np.testing.assert_array_equal(moments.mean(), features.reshape(5, 6).T)
    assert not covariances(moments).any()


def test_features_of_another_shape_are_refused() -> None:
    moments = gathered(drawn(), 40)
    for other in (np.zeros((1, 5, 3, 2)), np.zeros((1, 6, 2, 3))):
        with pytest.raises(ValueError, match="does not fit the pictures before"):
            moments.add(other.astype(np.float32))


def test_no_pictures_have_no_moments() -> None:
    with pytest.raises(ValueError, match="no pictures were added"):
        Moments().mean()


def test_covariances_that_no_memory_holds_are_refused_before_they_are_tried() -> None:
    features = np.zeros((1, 1536, 24, 24), dtype=np.float32)
    with pytest.raises(TrainingError, match=r"1536 channels at 576 positions need 5\.4 GB") as caught:
        Moments().add(features)
    assert "--image-size" in caught.value.hint
