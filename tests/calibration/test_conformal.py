from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, betabinom, binom

from calibration import conformal
from calibration.scores import ScoresError

RATES = (0.5, 0.2, 0.1, 0.05, 0.01, 0.003)


def by_counting(scores: list[float], rate: Fraction) -> float:
    """The smallest score that at most a share ``rate`` of n + 1 exchangeable parts lies above, exactly."""
    ordered = sorted(scores)
    for rank, score in enumerate(ordered, start=1):
        if Fraction(len(ordered) + 1 - rank, len(ordered) + 1) <= rate:
            return score
    raise AssertionError("too few scores")


@pytest.mark.parametrize("rate", ["1/2", "1/5", "1/10", "1/20", "1/100", "1/3"])
def test_the_threshold_is_the_rank_that_exact_counting_gives(rate: str) -> None:
    exact = Fraction(rate)
    rng = np.random.default_rng(0)
    for count in range(conformal.pictures_needed(float(exact)), 320, 7):
        scores = rng.permutation(count).astype(float).tolist()
        assert conformal.threshold(scores, float(exact)) == by_counting(scores, exact), count


@given(
    scores=st.lists(st.floats(-1e6, 1e6), min_size=19, max_size=60),
    percent=st.integers(5, 95),
)
def test_any_scores_with_ties_too_get_the_exact_rank(scores: list[float], percent: int) -> None:
    assert conformal.threshold(scores, percent / 100) == by_counting(scores, Fraction(percent, 100))


@pytest.mark.parametrize("rate", [0.2, 0.05])
@pytest.mark.parametrize("draw", ["normal", "exponential", "standard_cauchy"])
def test_the_promised_rate_holds_over_many_stations_whatever_the_distribution(rate: float, draw: str) -> None:
    stations, count = 20_000, 43
    rng = np.random.default_rng([int(rate * 100), len(draw)])
    scores = getattr(rng, draw)(size=(stations, count + 1))
    alarms = sum(row[-1] > conformal.threshold(row[:-1], rate) for row in scores)
    rank = int(np.ceil((count + 1) * (1 - rate) - 1e-9))
    exactly = (count + 1 - rank) / (count + 1)  # what ranks alone give: at most the rate, and close to it
    assert exactly <= rate < exactly + 1 / (count + 1)
    low, high = binom.ppf([1e-4, 1 - 1e-4], stations, exactly)
    assert low <= alarms <= high


def test_the_spread_of_one_stations_true_rate_is_the_beta_law() -> None:
    """One station keeps its threshold, so its own rate scatters about the promise, by a law that is known."""
    count, rate = 99, 0.05
    rng = np.random.default_rng(5)
    uniform = rng.uniform(size=(4000, count))
    own = np.array([1 - conformal.threshold(row, rate) for row in uniform])
    law = beta(5, 95)
    assert own.mean() == pytest.approx(law.mean(), abs=4 * law.std() / np.sqrt(len(own)))
    assert own.std() == pytest.approx(law.std(), rel=0.06)


@pytest.mark.parametrize("rate", RATES)
def test_the_pictures_needed_are_enough_and_one_less_is_refused(rate: float) -> None:
    needed = conformal.pictures_needed(rate)
    scores = np.arange(needed, dtype=float)
    assert conformal.threshold(scores, rate) == scores[-1]
    assert conformal.smallest_rate(needed) <= rate * (1 + 1e-9)
    if needed > 1:
        assert conformal.smallest_rate(needed - 1) > rate
        with pytest.raises(ScoresError, match=rf"needs {needed} good parts, there are {needed - 1}"):
            conformal.threshold(scores[1:], rate)


def test_a_percent_needs_99_good_parts() -> None:
    assert conformal.pictures_needed(0.01) == 99
    assert conformal.pictures_needed(0.05) == 19


@pytest.mark.parametrize("count", [*range(1, 40), 99, 199, 999])
def test_the_smallest_rate_for_some_pictures_can_be_asked_of_them(count: int) -> None:
    scores = np.arange(count, dtype=float)
    assert conformal.threshold(scores, conformal.smallest_rate(count)) == scores[-1]


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_rate_outside_0_to_1_is_refused(rate: float) -> None:
    with pytest.raises(ScoresError, match="between 0 and 1"):
        conformal.threshold([1.0, 2.0, 3.0], rate)


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), float("-inf")])
def test_one_score_that_is_not_finite_refuses_the_threshold(broken: float) -> None:
    with pytest.raises(ScoresError, match="1 of 30 scores are not finite"):
        conformal.threshold([*range(29), broken], 0.1)


def test_no_scores_are_refused() -> None:
    with pytest.raises(ScoresError, match="there are no scores"):
        conformal.threshold([], 0.1)
    with pytest.raises(ScoresError, match="there are no scores"):
        conformal.smallest_rate(0)


def test_the_chance_of_false_alarms_is_what_drawing_alike_parts_gives() -> None:
    rng = np.random.default_rng(3)
    draws = [rng.exponential(size=62) for _ in range(4000)]
    alarms = np.array([(scores[42:] > conformal.threshold(scores[:42], 0.05)).sum() for scores in draws])
    for at_least in (1, 2, 4):
        expected = float(np.mean(alarms >= at_least))
        bound = 4 * math.sqrt(expected * (1 - expected) / len(draws))
        assert conformal.chance(at_least, 20, pictures=42, false_alarm_rate=0.05) == pytest.approx(
            expected, abs=bound
        )


@pytest.mark.parametrize(
    ("pictures", "rate", "parts"), [(42, 0.05, 20), (99, 0.01, 1), (1, 0.5, 7), (300, 0.2, 150)]
)
def test_the_chance_of_false_alarms_is_beta_binomial(pictures: int, rate: float, parts: int) -> None:
    k = conformal.rank(pictures, rate)
    for alarms in (0, 1, parts // 2, parts):
        expected = betabinom.sf(alarms - 1, parts, pictures + 1 - k, k)
        found = conformal.chance(alarms, parts, pictures=pictures, false_alarm_rate=rate)
        assert found == pytest.approx(expected, rel=1e-6)


def test_the_band_holds_the_actual_rates_of_stations() -> None:
    """Each station draws its own calibration; nine in ten actual rates lie in the band, one in twenty below it."""
    stations, count, rate = 4000, 60, 0.05
    rng = np.random.default_rng(11)
    actual = np.array([1 - conformal.threshold(row, rate) for row in rng.uniform(size=(stations, count))])
    low, high = conformal.band(count, conformal.rank(count, rate))
    for outside in ((actual < low).sum(), (actual > high).sum()):
        least, most = binom.ppf([1e-4, 1 - 1e-4], stations, 0.05)
        assert least <= outside <= most
    sure = conformal.confidence(count, conformal.rank(count, rate), rate)
    least, most = binom.ppf([1e-4, 1 - 1e-4], stations, sure)
    assert least <= (actual <= rate).sum() <= most


def test_more_pictures_narrow_the_band_about_the_rate() -> None:
    widths = []
    for count in (19, 99, 999, 9999):
        low, high = conformal.band(count, conformal.rank(count, 0.05))
        assert low < 0.05 < high
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.008


def test_the_threshold_says_what_it_promises() -> None:
    found = conformal.set_threshold(np.arange(99.0), 0.05)
    assert (found.value, found.rate, found.promised, found.pictures) == (94.0, 0.05, 0.05, 99)
    assert found.method == "conformal" and found.warning == ""
    assert found.confidence == pytest.approx(beta(5, 95).cdf(0.05))
    assert found.interval == pytest.approx(tuple(beta(5, 95).ppf([0.05, 0.95])))
