from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.interval import auroc_interval


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
