"""The population stability index and what chance makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from calibration.drift.stability import _CHI_SQUARE_95, index_by_chance, stability_index
from calibration.scores import quantiles


def test_it_is_the_sum_over_tenths() -> None:
    decades = np.arange(101.0)  # quantiles of a uniform distribution from 0 to 100
    recent = np.concatenate(
        [np.full(15, 5.0), np.full(5, 15.0), *(np.full(10, 10.0 * k + 5) for k in range(2, 10))]
    )
    assert stability_index(recent, decades) == pytest.approx(0.05 * np.log(1.5) + (-0.05) * np.log(0.5))


def test_an_empty_tenth_is_no_infinity() -> None:
    assert 1 < stability_index(np.full(50, 5.0), np.arange(101.0)) < 10


def test_of_like_scores_95_percent_stay_below_what_is_said_of_chance() -> None:
    assert pytest.approx(stats.chi2.ppf(0.95, 9), abs=1e-3) == _CHI_SQUARE_95
    below, rounds, pictures, recent = 0, 400, 200, 200
    for seed in range(rounds):
        rng = np.random.default_rng(seed)
        index = stability_index(rng.lognormal(size=recent), quantiles(rng.lognormal(size=pictures)))
        below += index <= index_by_chance(recent, pictures)
    low, high = stats.binom.interval(0.998, rounds, 0.95)
    assert low <= below <= high
