from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from calibration import conformal
from calibration.acknowledged import Judged, threshold
from calibration.scores import ScoresError


def test_with_every_alarm_judged_it_is_the_conformal_threshold_of_all_good_parts() -> None:
    rng = np.random.default_rng(3)
    for rate in (0.02, 0.01, 0.003):
        good = rng.gamma(9.0, 1.0, 2000)
        in_force = float(np.quantile(good, 0.95))
        false = [float(score) for score in good if score > in_force]
        judged = Judged(2040, len(false) + 40, 40, false)
        assert threshold(judged, rate) == pytest.approx(conformal.threshold(good, rate))
        assert judged.false_alarm_rate == pytest.approx(len(false) / 2000)


def test_with_one_in_four_judged_the_rate_is_met_on_average() -> None:
    """Over 300 stations whose threshold alarms five times too often; two-sided 99.9 % bounds of the mean."""
    rng = np.random.default_rng(4)
    rate, law = 0.01, stats.gamma(9.0)
    in_force = float(law.isf(0.05))
    actual = []
    for _ in range(300):
        good = law.rvs(4000, random_state=rng)
        false = [float(score) for score in good if score > in_force]
        known = [score for score in false if rng.random() < 0.25]
        found = threshold(Judged(4000, len(false), 0, known), rate)
        assert found is not None
        actual.append(float(law.sf(found)))
    spread = 3.3 * np.std(actual) / np.sqrt(len(actual))
    assert abs(np.mean(actual) - rate) < spread + 1 / 4000


def test_a_threshold_that_keeps_to_its_rate_is_left_alone() -> None:
    assert threshold(Judged(1000, 9, 0, [5.0] * 9), 0.01) is None
    assert threshold(Judged(1000, 10, 0, [5.0 + score for score in range(10)]), 0.01) == 5.0
    assert threshold(Judged(1000, 40, 40, []), 0.01) is None


def test_defects_that_were_confirmed_are_no_good_parts() -> None:
    false = [float(score) for score in range(30)]
    assert threshold(Judged(1000, 30, 0, false), 0.01) == 20.0
    assert threshold(Judged(1000, 530, 500, false), 0.01) == 25.0  # half of the parts were defective


def test_too_few_parts_are_refused() -> None:
    with pytest.raises(ScoresError, match="rate of 0.01 needs 99 good parts, there were 90"):
        threshold(Judged(90, 5, 0, [1.0] * 5), 0.01)
    with pytest.raises(ScoresError, match="not finite"):
        threshold(Judged(100, 2, 0, [1.0, float("nan")]), 0.01)
