from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import percentileofscore

from calibration.scores import ScoresError, checked, highest, percentile, quantiles


def test_scores_of_any_shape_come_back_ascending_as_float64() -> None:
    found = checked(np.array([[3, 1], [2, 1]], dtype=np.float32))
    assert found.dtype == np.float64
    assert found.tolist() == [1, 1, 2, 3]


def test_the_given_scores_stay_in_their_order() -> None:
    given = np.array([3.0, 1.0, 2.0])
    checked(given)
    assert given.tolist() == [3.0, 1.0, 2.0]


def test_quantiles_interpolate_between_ranks() -> None:
    scores = [4.0, 0.0, 2.0]
    assert quantiles(scores, count=5) == pytest.approx((0.0, 1.0, 2.0, 3.0, 4.0))
    assert len(quantiles(scores)) == 101


def test_a_percentile_is_the_share_of_good_parts_below() -> None:
    rng = np.random.default_rng(1)
    good = rng.gamma(3.0, size=2000)
    known = quantiles(good)
    for score in np.linspace(good.min(), good.max(), 37):
        expected = percentileofscore(good, score, kind="weak")
        assert percentile(float(score), known) == pytest.approx(expected, abs=0.6)


def test_scores_beyond_all_good_ones_are_0_and_100() -> None:
    known = quantiles([1.0, 2.0, 3.0])
    assert percentile(0.5, known) == 0.0
    assert percentile(9.0, known) == 100.0


@pytest.mark.parametrize("scores", [[], [np.nan], [1.0, np.inf]])
def test_quantiles_of_broken_scores_are_refused(scores: list[float]) -> None:
    with pytest.raises(ScoresError):
        quantiles(scores)


def test_the_highest_scores_are_kept_as_they_are() -> None:
    scores = np.random.default_rng(2).gamma(3.0, size=1000)
    assert highest(scores) == tuple(np.sort(scores)[-250:])
    assert highest([3.0, 1.0, 2.0]) == (1.0, 2.0, 3.0)
