from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_curve

from calibration import labelled
from calibration.scores import ScoresError

Scores = tuple[np.ndarray, np.ndarray]


@pytest.fixture(params=range(5))
def scores(request: pytest.FixtureRequest) -> Scores:
    rng = np.random.default_rng(request.param)
    return rng.gamma(4, size=60).round(1), rng.gamma(9, size=25).round(1)  # rounded: with ties across both


def test_no_threshold_has_a_better_f1(scores: Scores) -> None:
    good, bad = scores
    truth, both = np.repeat([0, 1], [len(good), len(bad)]), np.concatenate(scores)
    reached = f1_score(truth, both > labelled.f1(good, bad).value)
    assert reached == pytest.approx(max(f1_score(truth, both > limit) for limit in both[both < both.max()]))


def test_no_threshold_has_a_better_youden_index(scores: Scores) -> None:
    good, bad = scores
    alarms, found, _ = roc_curve(np.repeat([0, 1], [len(good), len(bad)]), np.concatenate(scores))
    limit = labelled.youden(good, bad).value
    assert np.mean(bad > limit) - np.mean(good > limit) == pytest.approx((found - alarms).max())


def test_it_lies_midway_where_the_kinds_are_apart_and_promises_nothing() -> None:
    for method in (labelled.f1, labelled.youden):
        found = method([1.0, 2.0, 3.0], [7.0, 8.0])
        assert (found.value, found.rate, found.promised) == (5.0, None, None)
        assert found.warning == "it rests on 2 defective parts: one more may move it far"
        assert method(np.arange(30), np.arange(40, 70)).warning == ""


def test_defective_scores_are_checked_too() -> None:
    with pytest.raises(ScoresError, match="1 of 2 scores are not finite"):
        labelled.f1([1.0, 2.0], [np.nan, 3.0])
