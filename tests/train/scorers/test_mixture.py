from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
import torch
from openvino import opset13 as ops
from scipy import stats
from sklearn.mixture import GaussianMixture

from edge.inference.devices import compile_model
from train.networks.energies import mixture_energy
from train.scorers.mixture import Mixture

RNG = np.random.default_rng(2)
SEEN = np.concatenate([RNG.normal(-3, 1, (80, 4)), RNG.normal(2, 0.5, (40, 4))]).astype(np.float32)
FAR = np.array([[30, 30, 30, 30], [60, 60, 60, 60]], np.float32)
FLOOR = 1e-3


def peer(memberships: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """-log of the sum of SciPy's Gaussians, with NumPy's weighted covariances."""
    total = np.zeros(len(seen))
    for gamma in memberships.astype(np.float64).T:
        mean = np.average(SEEN, axis=0, weights=gamma)
        covariance = np.cov(SEEN.T.astype(np.float64), aweights=gamma, ddof=0) + FLOOR * np.eye(4)
        total += gamma.mean() * stats.multivariate_normal(mean, covariance).pdf(seen)
    return -np.log(total)


@pytest.fixture
def memberships() -> np.ndarray:
    drawn = RNG.random((120, 3)).astype(np.float32) + 0.05
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


def test_the_energy_is_that_of_scipys_gaussians(memberships: np.ndarray) -> None:
    mixture = Mixture.fit(SEEN, memberships, floor=FLOOR)
    np.testing.assert_allclose(mixture.energy(SEEN), peer(memberships, SEEN), rtol=1e-4)


def test_one_m_step_is_that_of_scikit_learn() -> None:
    """At its fixed point the memberships that EM ends with make its own mixture again."""
    fitted = GaussianMixture(2, reg_covar=FLOOR, tol=1e-9, max_iter=500, random_state=0).fit(
        SEEN.astype(np.float64)
    )
    mixture = Mixture.fit(SEEN, fitted.predict_proba(SEEN), floor=FLOOR)
    np.testing.assert_allclose(mixture.means, fitted.means_, rtol=1e-3)
    np.testing.assert_allclose(mixture.energy(SEEN), -fitted.score_samples(SEEN), rtol=1e-3)


def test_the_loss_in_torch_is_the_mean_energy_and_the_inverse_variances(memberships: np.ndarray) -> None:
    energy, thin = mixture_energy(torch.from_numpy(SEEN), torch.from_numpy(memberships), FLOOR)
    assert float(energy) == pytest.approx(peer(memberships, SEEN).mean(), rel=1e-4)
    variances = [np.cov(SEEN.T, aweights=gamma, ddof=0).diagonal() + FLOOR for gamma in memberships.T]
    assert float(thin) == pytest.approx(sum((1 / each).sum() for each in variances), rel=1e-3)


def test_a_gaussian_without_members_and_vectors_far_away_give_numbers() -> None:
    alone = np.tile(np.array([1, 0], np.float32), (120, 1))
    scores = Mixture.fit(SEEN, alone, floor=FLOOR).energy(FAR)
    assert np.isfinite(scores).all()
    assert scores[1] > scores[0]


def test_openvino_says_the_same(memberships: np.ndarray) -> None:
    mixture = Mixture.fit(SEEN, memberships, floor=FLOOR)
    given = ops.parameter([1, 4], ov.Type.f32)
    compiled, _ = compile_model(ov.Model([mixture.attach(given.output(0))], [given], "mixture"), device="CPU")
    rows = np.concatenate([SEEN[:10], FAR])
    np.testing.assert_allclose([float(compiled(row[None])[0][0]) for row in rows], mixture.energy(rows), rtol=1e-4)
    again = Mixture.from_arrays(mixture.arrays())
    np.testing.assert_array_equal(again.energy(rows), mixture.energy(rows))
