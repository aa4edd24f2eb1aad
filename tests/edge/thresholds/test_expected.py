from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from calibration import conformal
from calibration.scores import ScoresError, quantiles
from edge.thresholds.expected import good_above, interval_of, share_above, share_at_rank, threshold_for

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
    kept = quantiles(good_scores)
    for threshold in (8.0, 12.0, 15.0):
        above = int(np.count_nonzero(good_scores > threshold))
        assert abs(good_above(threshold, kept, 200) - above) <= 2  # two in a hundred: what 101 quantiles tell
    assert good_above(float(good_scores.max()), kept, 200) == 0
    assert good_above(float(np.nextafter(good_scores.max(), 0)), kept, 200) == 1
    beyond = share_above(100.0, kept, 200)
    assert (beyond.mean, beyond.low) == (1 / 201, 0.0)
    assert beyond.high == pytest.approx(1 - 0.05 ** (1 / 200))
    assert share_above(0.0, kept, 200).mean == 1.0


@pytest.mark.parametrize("pictures", [1, 6, 42, 101, 5000])
def test_thresholds_for_other_rates_come_back_from_the_quantiles(pictures: int) -> None:
    scores = np.random.default_rng(pictures).gamma(9.0, 1.0, pictures)
    kept = quantiles(scores)
    for rate in (0.5, 0.2, 0.05, 0.01):
        if pictures < conformal.pictures_needed(rate):
            with pytest.raises(ScoresError, match=f"needs {conformal.pictures_needed(rate)} good parts"):
                threshold_for(rate, kept, pictures)
            continue
        exact = conformal.threshold(scores, rate)
        lower, upper = np.quantile(scores, np.clip([1 - rate - 0.03, 1 - rate + 0.03], 0, 1))
        assert lower <= threshold_for(rate, kept, pictures) <= max(upper, exact)
        if pictures == 101:  # one quantile for each score
            assert threshold_for(rate, kept, pictures) == pytest.approx(exact)
