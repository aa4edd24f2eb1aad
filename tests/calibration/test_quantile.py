from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from calibration import quantile


@pytest.mark.parametrize(("count", "rate"), [(20, 0.05), (60, 0.01)])
def test_it_is_exceeded_more_often_than_the_rate_and_says_so(count: int, rate: float) -> None:
    rng = np.random.default_rng(count)
    found = [quantile.set_threshold(row, rate) for row in rng.normal(size=(4000, count))]
    actual = norm.sf([each.value for each in found])
    error = 4 * actual.std() / np.sqrt(len(actual))
    told = float(found[0].warning.split("about ")[1].split()[0])
    assert actual.mean() - error > rate * 1.4
    assert actual.mean() == pytest.approx(told, abs=error + 0.005)
    assert found[0].promised is None


def test_its_interval_holds_at_least_nine_in_ten_stations() -> None:
    rng = np.random.default_rng(3)
    found = [quantile.set_threshold(row, 0.05) for row in rng.uniform(size=(2000, 50))]
    inside = [each.interval[0] <= 1 - each.value <= each.interval[1] for each in found if each.interval]
    assert len(inside) == 2000
    assert np.mean(inside) > 0.9 - 4 * np.sqrt(0.09 / 2000)


def test_it_is_numpys_own_quantile() -> None:
    scores = np.random.default_rng(4).gamma(2, size=37)
    assert quantile.set_threshold(scores, 0.1).value == pytest.approx(np.quantile(scores, 0.9))
