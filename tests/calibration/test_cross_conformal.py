from __future__ import annotations

import numpy as np
import pytest

from calibration import cross_conformal
from calibration.scores import ScoresError


def test_folds_are_equal_in_size_and_those_of_the_seed() -> None:
    keys = [f"{number:03}" for number in range(43)]
    folds = cross_conformal.assign(keys, folds=10, seed=1)
    assert sorted(np.bincount(folds)) == [4] * 7 + [5] * 3
    assert folds == cross_conformal.assign(keys, folds=10, seed=1)
    assert folds != cross_conformal.assign(keys, folds=10, seed=2)


def test_a_picture_keeps_its_fold_in_any_order_and_its_copies_share_it() -> None:
    keys = ["c", "a", "b", "a", "d"]
    found = dict(zip(keys, cross_conformal.assign(keys, folds=3, seed=0), strict=True))
    assert cross_conformal.assign(sorted(keys), folds=3, seed=0) == tuple(found[key] for key in sorted(keys))


def test_there_are_no_empty_folds() -> None:
    assert sorted(cross_conformal.assign(["a", "b", "c"], folds=10, seed=0)) == [0, 1, 2]


@pytest.mark.parametrize(("keys", "folds"), [(["a", "b"], 1), (["a", "a"], 2), ([], 5)])
def test_less_than_two_folds_are_refused(keys: list[str], folds: int) -> None:
    with pytest.raises(ScoresError, match="both must be at least 2"):
        cross_conformal.assign(keys, folds=folds, seed=0)


def distance(fitted: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """A model in one line: how far parts lie from the mean of the fitted ones, in their deviations."""
    return np.asarray(np.abs(parts - fitted.mean()) / fitted.std())


def test_the_model_fitted_on_all_stays_below_the_bound_and_near_the_rate() -> None:
    rng = np.random.default_rng(7)
    count, folds, rate, alarms = 30, 10, 0.1, []
    for station in range(1500):
        good, new = rng.normal(size=count), rng.normal(size=200)
        fold = np.array(cross_conformal.assign(range(count), folds=folds, seed=station))
        scores = np.empty(count)
        for each in range(folds):
            scores[fold == each] = distance(good[fold != each], good[fold == each])
        limit = cross_conformal.set_threshold(scores, rate, folds=folds)
        alarms.append(np.mean(distance(good, new) > limit.value))
    assert np.mean(alarms) <= cross_conformal.bound(count, folds, rate)
    assert 0.7 * rate < np.mean(alarms) < rate


def test_leaving_one_out_proves_twice_the_rate() -> None:
    assert cross_conformal.bound(50, 50, 0.05) == pytest.approx(0.1)


@pytest.mark.parametrize(("pictures", "folds"), [(40, 10), (100, 10), (100, 5)])
def test_the_bound_is_that_of_the_paper(pictures: int, folds: int) -> None:
    size = pictures / folds
    slack = min(2 * (1 - 1 / folds) / (size + 1), (1 - folds / pictures) / (folds + 1))
    assert cross_conformal.bound(pictures, folds, 0.05) == pytest.approx(0.1 + slack)
    assert cross_conformal.bound(pictures, folds, 0.6) == 1.0


def test_the_record_promises_the_bound_and_not_the_rate() -> None:
    found = cross_conformal.set_threshold(np.arange(40.0), 0.05, folds=10)
    assert found.promised == pytest.approx(cross_conformal.bound(40, 10, 0.05))
    assert (found.rate, found.interval, found.confidence) == (0.05, None, None)
    with pytest.raises(ScoresError, match="at least 2 folds, not 1"):
        cross_conformal.set_threshold(np.arange(40.0), 0.05, folds=1)
