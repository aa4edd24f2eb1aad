from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from calibration import maximum


def test_the_highest_good_score_is_exceeded_by_one_in_n_plus_one() -> None:
    stations, count = 20_000, 24
    scores = np.random.default_rng(2).gamma(3, size=(stations, count + 1))
    alarms = sum(row[-1] > maximum.set_threshold(row[:-1], 0.05).value for row in scores)
    low, high = binom.ppf([1e-4, 1 - 1e-4], stations, 1 / (count + 1))
    assert low <= alarms <= high


def test_it_promises_what_it_can_and_says_where_that_is_not_the_rate() -> None:
    found = maximum.set_threshold(np.arange(99.0), 0.05)
    assert (found.value, found.promised, found.warning) == (98.0, pytest.approx(0.01), "")
    few = maximum.set_threshold(np.arange(9.0), 0.05)
    assert few.promised == pytest.approx(0.1)
    assert few.warning == "the highest of 9 good parts promises 0.1, not the rate asked"
