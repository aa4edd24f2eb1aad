from __future__ import annotations

import time

import numpy as np
import pytest
from scipy.stats import binom, expon, gamma, gumbel_r

from calibration import conformal, tail
from calibration.scores import ScoresError


@pytest.mark.parametrize("law", [expon(), gamma(4), gumbel_r()], ids=["exponential", "gamma", "gumbel"])
def test_the_mean_rate_beyond_the_sample_is_about_the_rate_asked(law: object) -> None:
    """100 good parts cannot promise 1 in 200; the plain fit would be exceeded by 1.7 times that."""
    rng = np.random.default_rng(0)
    found = [tail.set_threshold(row, 0.005) for row in law.rvs(size=(200, 100), random_state=rng)]  # type: ignore[attr-defined]
    actual = law.sf([each.value for each in found])  # type: ignore[attr-defined]
    error = 3 * actual.std() / np.sqrt(len(actual))
    assert actual.mean() - error < 1.35 * 0.005
    assert actual.mean() + error > 0.7 * 0.005
    inside = np.mean([low <= rate <= high for rate, (low, high) in zip(actual, map(interval, found), strict=True)])
    assert inside > 0.75  # of the 0.9 that the bootstrap would hold if its own fit were the truth


def interval(found: tail.Threshold) -> tuple[float, float]:
    assert found.interval is not None
    return found.interval


def test_it_goes_beyond_the_highest_score_and_says_that_it_guesses() -> None:
    scores = np.random.default_rng(1).gumbel(size=200)
    found = tail.set_threshold(scores, 0.001)
    assert found.value > scores.max()
    assert found.promised is None
    assert found.warning == "an extrapolation, not a guarantee"
    assert found == tail.set_threshold(scores, 0.001)


def test_where_the_sample_itself_supports_the_rate_the_intervals_agree() -> None:
    """Just inside the tail the threshold is nearly a rank, whose actual rate scatters by the beta law."""
    low, high = conformal.band(300, conformal.rank(300, 0.09))
    found = interval(tail.set_threshold(np.random.default_rng(5).gumbel(size=300), 0.09))
    assert found == pytest.approx((low, high), rel=0.15)


def test_a_tail_of_another_kind_is_told() -> None:
    """Five defective parts far from ninety-five good ones: no generalized Pareto tail looks like that."""
    rng = np.random.default_rng(2)
    scores = np.concatenate([rng.normal(10, 1, 190), rng.normal(19, 0.2, 10)])
    assert "look for defective parts among them" in tail.set_threshold(scores, 0.002).warning


def test_a_tail_of_its_own_kind_is_hardly_ever_told() -> None:
    rng = np.random.default_rng(3)
    told = sum("look for" in tail.set_threshold(row, 0.002).warning for row in rng.exponential(size=(200, 200)))
    assert told <= binom.ppf(1 - 1e-4, 200, tail.IMPLAUSIBLE)


@pytest.mark.parametrize(
    ("scores", "rate", "complaint"),
    [
        (np.arange(59.0), 0.01, "needs 60 good parts, there are 59"),
        (np.arange(100.0), 0.2, "needs no tail: 100 good parts support it by method 'conformal'"),
        (np.arange(99.0), 0.0009, "99 good parts say nothing about a rate of 0.0009; 0.001 is as far"),
        (np.minimum(np.arange(100.0), 70.0), 0.01, "scores of the tail are equal"),
        ([*range(70), *[70.0] * 20, *range(71, 81)], 0.01, r"scores are equal where the tail begins \(70\)"),
        (1 / np.arange(1, 101.0) ** 2, 0.01, "the tail is too heavy .*defective parts among the good"),
        ([*range(99), np.nan], 0.01, "1 of 100 scores are not finite"),
    ],
)
def test_what_supports_no_tail_is_refused(scores: np.ndarray, rate: float, complaint: str) -> None:
    with pytest.raises(ScoresError, match=complaint):
        tail.set_threshold(scores, rate)


def test_ten_thousand_scores_take_no_time() -> None:
    scores = np.random.default_rng(4).gumbel(size=10_000)
    best = []
    for _ in range(5):
        began = time.process_time()
        tail.set_threshold(scores, 1e-4)
        best.append(time.process_time() - began)
    assert min(best) < 0.25  # of a computer that does other things too; the benchmark holds it to 50 ms
