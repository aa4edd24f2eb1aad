"""Ranks are independent and uniform while nothing changes, whatever the distribution and however few parts."""

# ruff: noqa: S311 - nothing here is a secret

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from calibration.drift import ranks
from calibration.drift.ranks import Ranks, values_of
from calibration.scores import quantiles

CERTAIN = 1e-3  # a p-value below is no accident


def drawn(kind: str, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    if kind == "rounded":
        return np.round(rng.normal(size=count))
    return rng.lognormal(size=count)


@pytest.mark.parametrize("kind", ["log-normal", "rounded"])
@pytest.mark.parametrize("pictures", [0, 5, 40])
def test_ranks_are_independent_and_uniform(kind: str, pictures: int) -> None:
    """Over many calibrations, as one of five parts alone says little about the parts to come."""
    found = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        watched = Ranks(drawn(kind, rng, pictures).tolist(), Random(seed))
        found.append([watched.take(value) for value in drawn(kind, rng, 40).tolist()])
    u = np.array(found)  # [calibrations, parts]
    assert stats.kstest(u.ravel(), "uniform").pvalue > CERTAIN
    assert stats.pearsonr(u[:, :-1].ravel(), u[:, 1:].ravel()).pvalue > CERTAIN
    # One calibration must not push all of its ranks to one side: the mean of each has the variance of 40 uniforms.
    chi_square = u.mean(axis=1).var(ddof=1) * 149 / (1 / 12 / 40)
    assert stats.chi2.cdf(chi_square, 149) < 1 - CERTAIN


def test_a_reference_that_learns_nothing_would_push_ranks_to_one_side() -> None:
    """What the test above would say of a fixed reference: that it is no accident."""
    means = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        fixed = Ranks(rng.lognormal(size=5).tolist(), Random(seed))
        means.append(np.mean([fixed.rank(value) for value in rng.lognormal(size=40).tolist()]))
    assert stats.chi2.cdf(np.var(means, ddof=1) * 149 / (1 / 12 / 40), 149) > 1 - CERTAIN


def test_a_rank_says_where_a_value_lies() -> None:
    watched = Ranks([1.0, 2.0, 3.0, 4.0], Random(0))
    assert 0 < watched.rank(0.5) < 0.2 < 0.4 < watched.rank(2.5) < 0.6 < 0.8 < watched.rank(9.0) < 1


def test_it_keeps_so_many_values_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "MOST", 50)
    watched = Ranks(range(20), Random(0))
    for value in range(1000):
        watched.take(float(value))
    assert (len(watched), watched.taken) == (50, 30)


def test_it_goes_back_to_what_it_knew_before() -> None:
    watched = Ranks([1.0, 2.0], Random(0))
    for value in (7.0, 5.0, 9.0, 5.0):
        watched.take(value)
    assert watched.kept == [1.0, 2.0, 5.0, 5.0, 7.0, 9.0]
    watched.go_back(2)
    assert (watched.kept, len(watched), watched.taken) == ([1.0, 2.0, 5.0, 7.0], 4, 2)


@pytest.mark.parametrize("pictures", [24, 101, 312])
def test_scores_come_back_from_a_cards_quantiles_to_a_few_ranks(pictures: int) -> None:
    scores = np.sort(np.random.default_rng(3).lognormal(size=pictures))
    values = np.array(values_of(quantiles(scores), pictures))
    assert (len(values), values[0], values[-1]) == (pictures, scores[0], scores[-1])
    # Of all ranks, as seen by many new parts: off by less than two of the calibration's parts.
    new = np.random.default_rng(4).lognormal(size=2000)
    off = np.abs(np.searchsorted(values, new) - np.searchsorted(scores, new))
    assert off.max() <= max(2, pictures / 100)


def test_of_very_many_scores_a_choice_stands_for_all() -> None:
    scores = np.random.default_rng(3).normal(size=20_000)
    values = values_of(quantiles(scores), scores.size)
    assert len(values) == ranks.MOST_GIVEN
    assert np.quantile(values, [0.05, 0.5, 0.95]) == pytest.approx(
        np.quantile(scores, [0.05, 0.5, 0.95]), abs=0.02
    )


def test_without_quantiles_there_are_no_values() -> None:
    assert values_of((), 40) == values_of((1.0, 2.0), 0) == ()
