from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from scipy import stats
from sklearn.decomposition import PCA

from edge.inference.devices import compile_model
from train.scorers.density import Density

GOOD = np.random.default_rng(0).normal(size=(60, 9)).astype(np.float32) @ np.diag(np.arange(1, 10)).astype(
    np.float32
)
SEEN = np.concatenate([GOOD[:5] + 0.1, 40 * np.ones((1, 9), np.float32), np.zeros((1, 9), np.float32)])


@pytest.mark.parametrize("components", [2, 5, 9])
def test_kernels_give_the_density_of_scipy_on_the_components_of_scikit_learn(components: int) -> None:
    reduced = PCA(components).fit(GOOD.astype(np.float64))
    peer = stats.gaussian_kde(reduced.transform(GOOD).T)
    found = Density.fit(GOOD, components=components, shape="kde").score(SEEN)
    np.testing.assert_allclose(found, -peer.logpdf(reduced.transform(SEEN).T), rtol=1e-4)


@pytest.mark.parametrize("components", [3, 9])
def test_one_gaussian_is_that_of_scipy(components: int) -> None:
    reduced = PCA(components).fit(GOOD.astype(np.float64))
    placed = reduced.transform(GOOD)
    peer = stats.multivariate_normal(placed.mean(axis=0), np.cov(placed.T))
    found = Density.fit(GOOD, components=components, shape="gaussian").score(SEEN)
    np.testing.assert_allclose(found, -peer.logpdf(reduced.transform(SEEN)), rtol=1e-4)


def test_pictures_far_from_all_kernels_keep_their_order() -> None:
    """Every kernel is exactly 0 there in float32."""
    far = np.outer([100, 200, 400], np.ones(9)).astype(np.float32)
    scores = Density.fit(GOOD, components=4, shape="kde").score(far)
    assert np.isfinite(scores).all()
    assert (np.diff(scores) > 1).all()


def test_directions_without_any_deviation_are_left_out() -> None:
    flat = np.concatenate([GOOD[:, :3], np.ones((60, 4), np.float32)], axis=1)
    density = Density.fit(flat, components=7, shape="kde")
    assert density.axes.shape == (7, 3)
    assert np.isfinite(density.score(flat)).all()


@pytest.mark.parametrize("shape", ["kde", "gaussian"])
def test_openvino_says_the_same(shape: str) -> None:
    density = Density.fit(GOOD, components=6, shape=shape)  # type: ignore[arg-type]
    given = ops.parameter([1, 9], ov.Type.f32)
    compiled, _ = compile_model(ov.Model([density.attach(given.output(0))], [given], "density"), device="CPU")
    found = [float(compiled(row[None])[0][0]) for row in SEEN]
    np.testing.assert_allclose(found, density.score(SEEN), rtol=1e-4)
    again = Density.from_arrays(density.arrays())
    np.testing.assert_array_equal(again.score(SEEN), density.score(SEEN))
