"""What bets can win while ranks are uniform, and what they tell of a change."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.drift.evidence import BETS, Evidence, Mark

NEVER = 1e300
STRANGE = 0.05  # what the documentation promises
GRID = (np.arange(20_000) + 0.5) / 20_000


def factors(rank: float) -> list[float]:
    """What one part at a rank makes of each bet's first unit."""
    evidence = Evidence(NEVER)
    evidence.take(rank, Mark(1, 0, 0))
    return list(evidence._capital)


def test_no_bet_can_be_expected_to_win_on_uniform_ranks_and_a_share_of_the_strangest_parts() -> None:
    won = np.array([factors(rank) for rank in GRID])  # [ranks, bets]
    ends = np.array([factors(rank) for rank in (0.0, 0.5, 1.0)])
    expected = (1 - STRANGE) * won.mean(axis=0) + STRANGE * ends.max(axis=0)
    assert won.min() >= 0
    assert expected == pytest.approx(np.ones(len(BETS)), abs=1e-6)


def test_capital_is_expected_to_stay_below_the_number_of_parts() -> None:
    rng = np.random.default_rng(5)
    parts, courses = 200, 400
    capital = np.zeros((courses, len(BETS)))
    for course in range(courses):
        evidence = Evidence(NEVER)
        for part, rank in enumerate(rng.random(parts)):
            evidence.take(rank, Mark(part, 0, 0))
        capital[course] = evidence._capital
    spread = capital.std(axis=0) / np.sqrt(courses)
    assert np.all(capital.mean(axis=0) - 3 * spread <= parts)


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("higher", lambda u: 0.7 + 0.3 * u),
        ("lower", lambda u: 0.3 * u),
        ("wider", lambda u: 0.1 * u if u < 0.5 else 1 - 0.1 * u),
    ],
)
def test_a_change_is_named_and_placed(kind: str, after: object) -> None:
    assert callable(after)
    rng = np.random.default_rng(6)
    evidence, before = Evidence(1e6), 300
    for part in range(before):
        assert not evidence.take(rng.random(), Mark(part, 0, 0))
    for part in range(before, before + 100):
        if evidence.take(after(rng.random()), Mark(part, 0, 0)):
            break
    found, since = evidence.likeliest
    assert found == kind and part < before + 40
    assert abs(since.part - before) <= 5


def test_ten_times_the_limit_is_no_more_than_the_limit() -> None:
    evidence = Evidence(100.0)
    for part in range(1000):
        evidence.take(0.99, Mark(part, 0, 0))
    assert evidence.capital == 100.0
    evidence.clear()
    assert evidence.capital == 0.0
