from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from calibration.scores import highest, quantiles
from edge.thresholds.expected import Share, interval_of, share_above, share_at_rank
from edge.thresholds.good_parts import GoodParts

good_scores = np.random.default_rng(11).gamma(9.0, 1.0, 200)


@pytest.mark.parametrize(("count", "of"), [(0, 1), (0, 63), (3, 20), (20, 20), (499, 500)])
def test_the_interval_of_a_share_is_the_exact_binomial_one(count: int, of: int) -> None:
    exact = stats.binomtest(count, of).proportion_ci(0.9, method="exact")
    assert interval_of(count, of) == pytest.approx((exact.low, exact.high), abs=1e-9)


def test_the_share_above_a_rank_is_that_of_order_statistics() -> None:
    share = share_at_rank(200, 198)
    law = stats.beta(3, 198)
    assert (share.mean, share.low, share.high) == pytest.approx((law.mean(), law.ppf(0.05), law.ppf(0.95)))
    per_shift = share.times(4800)
    assert per_shift.mean == pytest.approx(4800 * 3 / 201)


def test_the_share_above_any_threshold_counts_the_good_parts_there() -> None:
    good = GoodParts(200, quantiles(good_scores), highest(good_scores))
    for threshold in (8.0, 12.0, 15.0):
        above = int(np.count_nonzero(good_scores > threshold))
        exact = stats.binomtest(above, 200).proportion_ci(0.9, method="exact")
        share = share_above(threshold, good)
        assert (share.mean, share.low, share.high) == pytest.approx(((above + 1) / 201, exact.low, exact.high))
    beyond = share_above(100.0, good)
    assert (beyond.mean, beyond.low) == (1 / 201, 0.0)
    assert beyond.high == pytest.approx(1 - 0.05 ** (1 / 200))
    assert share_above(0.0, good).mean == 1.0


def test_the_interval_is_wide_where_an_old_card_knows_little() -> None:
    scores = np.random.default_rng(3).gamma(9.0, 1.0, 5000)
    share = share_above(float(np.sort(scores)[-5]), GoodParts(5000, quantiles(scores)))
    few, many = (stats.binomtest(count, 5000).proportion_ci(0.9, method="exact") for count in (1, 50))
    assert (share.low, share.high) == pytest.approx((few.low, many.high))


def test_what_has_no_interval_has_none_by_number_either() -> None:
    assert Share(0.05).times(200) == Share(10.0, None, None)
