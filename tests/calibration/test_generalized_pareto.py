from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import anderson, genpareto, lmoment

from calibration.generalized_pareto import Pareto, excess_at, fit, misfit, survival

SHAPES = (-0.4, -0.1, 0.0, 0.1, 0.3)


def drawn(shape: float, count: int, seed: int = 0) -> np.ndarray:
    return np.sort(genpareto(shape, scale=2.5).rvs(count, random_state=np.random.default_rng(seed)))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_fit_is_that_of_l_moments(shape: float) -> None:
    """Hosking's L-moments say the same as the weighted ones: shape 2 - l1 / l2, scale (1 - shape) l1."""
    excesses = drawn(shape, 300)
    first, second = lmoment(excesses, [1, 2])
    found = fit(excesses)
    assert found.shape == pytest.approx(2 - first / second)
    assert found.scale == pytest.approx((1 - found.shape) * first)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_fit_agrees_with_maximum_likelihood(shape: float) -> None:
    excesses = drawn(shape, 4000)
    found = fit(excesses)
    likeliest, _, scale = genpareto.fit(excesses, floc=0)
    assert found.shape == pytest.approx(likeliest, abs=0.08)  # both err by 1 / sqrt(4000) times about 2
    assert found.scale == pytest.approx(scale, rel=0.08)


def test_rows_are_fitted_each_on_their_own() -> None:
    rows = np.stack([drawn(0.1, 50, seed) for seed in range(4)])
    together = fit(rows)
    for row, shape, scale in zip(rows, together.shape, together.scale, strict=True):
        assert fit(row) == pytest.approx((shape, scale))


def test_an_upper_end_lies_above_the_largest_excess() -> None:
    for seed in range(200):
        excesses = drawn(-1.0, 20, seed)
        found = fit(excesses)
        if found.shape < 0:
            assert -found.scale / found.shape >= excesses[-1]
        assert survival(excesses, found).min() > 0


@pytest.mark.parametrize("shape", [*SHAPES, 1e-9])
def test_survival_and_its_inverse_are_scipys(shape: float) -> None:
    pareto, law = Pareto(np.float64(shape), np.float64(2.5)), genpareto(shape, scale=2.5)
    excesses = np.array([-1.0, 0.0, 0.1, 2.0, 5.0, 6.2, 40.0])
    assert survival(excesses, pareto) == pytest.approx(law.sf(excesses), rel=1e-5, abs=1e-12)
    shares = np.array([1.0, 0.5, 0.01, 1e-5])
    assert excess_at(shares, pareto) == pytest.approx(law.isf(shares), rel=1e-4)


def test_the_misfit_is_that_of_anderson_and_darling() -> None:
    """Against scipy's, for the exponential, which is the generalized Pareto distribution of shape 0."""
    excesses = drawn(0.2, 200)
    exponential = Pareto(np.float64(0.0), np.float64(excesses.mean()))
    expected = anderson(excesses, "expon", method="interpolate").statistic
    assert misfit(excesses, exponential) == pytest.approx(expected)
