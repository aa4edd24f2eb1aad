from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.interval import alarms_chance, auroc_interval
from calibration.conformal import threshold


def test_the_interval_is_that_of_resampling_pictures_one_by_one() -> None:
    rng = np.random.default_rng(1)
    good, anomalous = rng.normal(0, 1, 23), rng.normal(2, 1.5, 60).round(1)  # rounded: ties occur
    labels = np.repeat([0, 1], [good.size, anomalous.size])
    resampled = [
        roc_auc_score(labels, np.concatenate([rng.choice(good, good.size), rng.choice(anomalous, anomalous.size)]))
        for _ in range(1500)
    ]

    assert auroc_interval(good, anomalous) == pytest.approx(np.quantile(resampled, [0.025, 0.975]), abs=0.01)


def test_fewer_good_pictures_give_a_wider_interval() -> None:
    rng = np.random.default_rng(2)
    good, anomalous = rng.normal(0, 1, 400), rng.normal(1, 1, 100)
    few, many = auroc_interval(good[:20], anomalous), auroc_interval(good, anomalous)

    assert few[1] - few[0] > 2 * (many[1] - many[0])


def test_ties_count_half() -> None:
    assert auroc_interval([1.0, 1.0], [1.0, 1.0]) == (0.5, 0.5)


def test_the_chance_of_false_alarms_is_what_drawing_alike_pictures_gives() -> None:
    rng = np.random.default_rng(3)
    draws = [rng.exponential(size=62) for _ in range(4000)]
    alarms = [int((scores[42:] > threshold(scores[:42], 0.05)).sum()) for scores in draws]

    for at_least in (1, 2, 4):
        expected = np.mean(np.array(alarms) >= at_least)
        assert alarms_chance(at_least, 20, 42, 0.05) == pytest.approx(expected, abs=0.025)
    assert alarms_chance(0, 20, 42, 0.05) == 1.0
