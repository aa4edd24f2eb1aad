from __future__ import annotations

import numpy as np
import pytest

from calibration import conformal
from calibration.methods import METHODS, set_threshold
from calibration.scores import ScoresError

GOOD = np.random.default_rng(0).gamma(5, size=120)
BAD = np.random.default_rng(1).gamma(15, size=30)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_sets_a_threshold_and_names_itself(method: str) -> None:
    found = set_threshold(GOOD, method=method, rate=0.05, defective=BAD, folds=10)
    assert found.method == method and found.pictures == 120
    assert np.median(GOOD) < found.value < BAD.max()
    assert (found.rate is None) == METHODS[method].labelled
    assert (found.promised is not None) == (method in ("conformal", "cross-conformal", "maximum"))


def test_the_default_is_the_promise_for_any_distribution() -> None:
    assert set_threshold(GOOD, rate=0.05) == conformal.set_threshold(GOOD, 0.05)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("scores", "complaint"),
    [
        ([3.5] * 80, r"all 80 scores are equal \(3.5\): the model tells none of them apart"),
        ([1.0, 1.0 + 1e-7] * 40, r"all 80 scores are equal \(1\)"),
        ([*GOOD, np.inf], "1 of 121 scores are not finite"),
        ([], "there are no scores"),
    ],
)
def test_scores_that_say_nothing_are_refused_by_all(method: str, scores: list[float], complaint: str) -> None:
    with pytest.raises(ScoresError, match=complaint):
        set_threshold(scores, method=method, rate=0.05, defective=BAD, folds=10)


@pytest.mark.parametrize("method", [name for name in METHODS if not METHODS[name].labelled])
@pytest.mark.parametrize("rate", [0.0, 1.0, -0.5, float("nan")])
def test_a_rate_outside_0_to_1_is_refused_by_all(method: str, rate: float) -> None:
    with pytest.raises(ScoresError, match="between 0 and 1"):
        set_threshold(GOOD, method=method, rate=rate, folds=10)


def test_a_method_that_lacks_its_input_is_refused() -> None:
    with pytest.raises(ScoresError, match="unknown method 'magic', here are: conformal cross-conformal"):
        set_threshold(GOOD, method="magic", rate=0.05)
    with pytest.raises(ScoresError, match="'f1' needs scores of defective parts"):
        set_threshold(GOOD, method="f1", rate=0.05)
    with pytest.raises(ScoresError, match="'cross-conformal' needs scores by models of folds"):
        set_threshold(GOOD, method="cross-conformal", rate=0.05)
