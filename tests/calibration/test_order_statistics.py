from __future__ import annotations

import pytest
from scipy.stats import beta

from calibration.order_statistics import share_at_most, share_quantile

CASES = [(1, 1), (7, 3), (19, 19), (43, 42), (200, 1), (1000, 500), (10_000, 9_991)]


@pytest.mark.parametrize(("pictures", "rank"), CASES)
def test_the_share_above_a_rank_is_beta(pictures: int, rank: int) -> None:
    law = beta(pictures + 1 - rank, rank)
    for rate in (1e-6, 1e-3, 0.01, 0.05, 0.3, 0.5, 0.9, 1 - 1e-6):
        assert share_at_most(rate, pictures=pictures, rank=rank) == pytest.approx(law.cdf(rate), abs=1e-8)


@pytest.mark.parametrize(("pictures", "rank"), CASES)
def test_its_quantiles_are_those_of_beta(pictures: int, rank: int) -> None:
    law = beta(pictures + 1 - rank, rank)
    for level in (0.001, 0.05, 0.5, 0.95, 0.999):
        assert share_quantile(level, pictures=pictures, rank=rank) == pytest.approx(law.ppf(level), abs=1e-9)


def test_no_share_is_below_nothing_or_above_all() -> None:
    assert share_at_most(0.0, pictures=10, rank=9) == 0.0
    assert share_at_most(1.0, pictures=10, rank=9) == 1.0
