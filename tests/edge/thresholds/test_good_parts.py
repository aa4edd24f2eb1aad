from __future__ import annotations

import numpy as np
import pytest

from calibration import conformal
from calibration.scores import highest, quantiles
from edge.thresholds.good_parts import GoodParts


def scores_of(pictures: int) -> np.ndarray:
    return np.random.default_rng(pictures).gamma(9.0, 1.0, pictures)


def kept(scores: np.ndarray, *, old: bool = False) -> GoodParts:
    return GoodParts(len(scores), quantiles(scores), () if old else highest(scores))


@pytest.mark.parametrize("pictures", [2, 6, 42, 101, 250, 5000, 10_000])
def test_the_highest_scores_come_back_as_they_were(pictures: int) -> None:
    scores = scores_of(pictures)
    good = kept(scores)
    for rate in (0.05, 0.02, 0.01, 0.002, 0.001, 0.0002):
        rank = conformal.rank(pictures, rate)
        if rank > pictures or pictures - rank >= 250:
            continue
        threshold = conformal.threshold(scores, rate)
        assert good.at_rank(rank) == threshold
        assert good.above(threshold) == (pictures - rank,) * 3


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("pictures", [42, 120, 1000, 5000])
def test_a_count_lies_where_it_is_said_to_lie(pictures: int, old: bool) -> None:
    scores = scores_of(pictures)
    good = kept(scores, old=old)
    for threshold in np.linspace(scores.min() - 1, scores.max() + 1, 97):
        guess, fewest, most = good.above(float(threshold))
        assert fewest <= np.count_nonzero(scores > threshold) <= most
        assert fewest <= guess <= most and most - fewest <= max(2, 0.01 * pictures + 1)
    assert good.above(float(scores.max())).most == 0


@pytest.mark.parametrize("pictures", [42, 101, 5000])
def test_ranks_come_back_from_quantiles_to_one_part_in_a_hundred(pictures: int) -> None:
    scores = np.sort(scores_of(pictures))
    good = kept(scores, old=True)
    for rate in (0.5, 0.2, 0.05, 0.03):
        rank = conformal.rank(pictures, rate)
        near = scores[np.clip([rank - 1 - pictures // 100 - 1, rank - 1 + pictures // 100 + 1], 0, pictures - 1)]
        assert near[0] <= good.at_rank(rank) <= near[1]
        if pictures == 101:  # one quantile for each score
            assert good.at_rank(rank) == pytest.approx(scores[rank - 1])


def test_an_old_card_does_not_know_what_lies_between_its_last_quantiles() -> None:
    scores = scores_of(5000)
    good = kept(scores, old=True)
    assert good.at_rank(conformal.rank(5000, 0.001)) is None
    assert good.at_rank(5000) == scores.max()
    assert good.above(float(np.sort(scores)[-5]))[1:] == (1, 50)


def test_without_quantiles_nothing_is_known() -> None:
    assert not GoodParts(30, ()).known and not GoodParts(0, (1.0, 2.0)).known
    assert GoodParts(30, (1.0, 2.0)).known
