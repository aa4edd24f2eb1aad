"""How rarely a course of like parts is called drift, how soon a change is, and when it is over."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from calibration.drift import course as module
from calibration.drift.course import Course
from calibration.drift.evidence import BETS

CERTAIN = 1e-3
DEFAULT = 1_000_000


def new(reference: object, *, parts_to_false_alarm: float = DEFAULT, least: float = 0.0, seed: int = 0) -> Course:
    limit = parts_to_false_alarm * len(BETS)
    values = np.ravel(np.asarray(reference, np.float64)).tolist()
    return Course(values, limit=limit, least=least, agree=30, rng=Random(seed))  # noqa: S311


def take(course: Course, values: NDArray[np.float64], first_ns: int = 0) -> int | None:
    """Takes parts, one a second, until there is news; says after how many."""
    for number, value in enumerate(values.tolist(), start=1):
        if course.take(value, first_ns + number * 10**9):
            return number
    return None


class TestFalseAlarms:
    PARTS, STATED = 1000, 10_000

    @pytest.mark.parametrize("pictures", [0, 20, 200])
    @pytest.mark.parametrize("defective", [0.0, 0.05])
    def test_they_are_no_more_than_stated_whatever_the_calibration(self, pictures: int, defective: float) -> None:
        """One in ten courses may have one; a course with 5 % of defective parts has no more."""
        courses, alarms = 40, 0
        for seed in range(courses):
            rng = np.random.default_rng([seed, pictures])
            course = new(rng.gamma(2.0, size=pictures), parts_to_false_alarm=self.STATED, seed=seed)
            parts = rng.gamma(2.0, size=self.PARTS)
            strange = rng.random(self.PARTS) < defective
            alarms += take(course, np.where(strange, 50 + parts, parts)) is not None
        assert alarms <= stats.binom.isf(CERTAIN, courses, self.PARTS / self.STATED)

    def test_a_reference_that_learned_nothing_would_have_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("calibration.drift.ranks.MOST", 20)
        alarms = 0
        for seed in range(40):
            rng = np.random.default_rng([seed, 20])
            course = new(rng.gamma(2.0, size=20), parts_to_false_alarm=self.STATED, seed=seed)
            alarms += take(course, rng.gamma(2.0, size=self.PARTS)) is not None
        assert alarms > stats.binom.isf(CERTAIN, 40, self.PARTS / self.STATED)

    def test_they_are_no_more_once_the_reference_learns_no_more(self) -> None:
        """Stated are at most 10 in each course."""
        alarms = 0
        for seed in range(8):
            rng = np.random.default_rng(seed)
            course = new(rng.normal(size=100), parts_to_false_alarm=1000, seed=seed)
            parts = rng.normal(size=10_000)
            while (number := take(course, parts)) is not None:
                alarms += course.shift is not None
                parts = parts[number:]
        assert alarms <= stats.poisson.isf(CERTAIN, 8 * 10)

    def test_ten_thousand_parts_have_none(self) -> None:
        """By default each course has one with a probability of at most 1 %."""
        alarms = 0
        for seed in range(10):
            rng = np.random.default_rng(seed)
            alarms += take(new(rng.lognormal(size=60), seed=seed), rng.lognormal(size=10_000)) is not None
        assert alarms <= stats.binom.isf(CERTAIN, 10, 0.01)


class TestChange:
    @pytest.mark.parametrize(("by", "kind"), [(2.0, "higher"), (-2.0, "lower")])
    def test_two_standard_deviations_are_found_within_50_parts_and_placed(self, by: float, kind: str) -> None:
        off = []
        for seed in range(20):
            rng = np.random.default_rng(seed)
            course = new(rng.normal(size=60), seed=seed)
            assert take(course, rng.normal(size=200)) is None
            found = take(course, rng.normal(size=100) + by, first_ns=200 * 10**9)
            shift = course.shift
            assert found is not None and found <= 50 and shift is not None and shift.kind == kind
            assert shift.before == pytest.approx(0, abs=0.4) and shift.now == pytest.approx(by, abs=1)
            off.append(abs(shift.since_ns / 1e9 - 201))
        assert np.median(off) <= 3 and max(off) <= 20  # parts; the last ones before may lie high by chance

    def test_from_the_first_part_on_too(self) -> None:
        """Nearly half of what is known by then came since: none of it counts as before."""
        rng = np.random.default_rng(1)
        course = new(rng.normal(size=25))
        found = take(course, rng.normal(size=100) + 3)
        assert found is not None and 15 < found <= 50
        assert course.shift is not None and course.shift.since_ns <= 3e9
        assert course.shift.before == pytest.approx(0, abs=0.4)

    def test_a_wider_spread_is_told_from_a_shift(self) -> None:
        rng = np.random.default_rng(2)
        course = new(rng.normal(size=200))
        assert take(course, 4 * rng.normal(size=200)) is not None
        assert course.shift is not None and course.shift.kind == "wider"
        assert course.shift.now / course.shift.before > 2

    def test_a_trend_over_months_is_not_learned_as_normal(self) -> None:
        """A standard deviation in ten thousand parts: the reference must stay where it was in the beginning."""
        levels = []
        for seed in range(3):
            rng, trend = np.random.default_rng(seed), np.linspace(0, 3, 30_000)
            found = take(new(rng.normal(size=60), seed=seed), rng.normal(size=trend.size) + trend)
            assert found is not None
            levels.append(trend[found])
        assert np.mean(levels) < 0.57  # of one that is learned, 0.69

    def test_what_is_certain_but_too_small_to_matter_is_not_told_until_it_grows(self) -> None:
        rng = np.random.default_rng(4)
        course = new(rng.normal(size=60) / 100, least=0.1)
        assert take(course, rng.normal(size=2000) / 100 + 0.05) is None
        assert course.evidence == 1.0
        found = take(course, rng.normal(size=400) / 100 + 0.3)
        assert found is not None and found <= module.RECENT + module.LATE
        assert course.shift is not None and course.shift.now > 0.1


class TestEnd:
    def drifted(self, rng: np.random.Generator) -> Course:
        course = new(rng.normal(size=60))
        take(course, rng.normal(size=200))
        assert take(course, rng.normal(size=200) + 3) is not None
        return course

    def test_it_lasts_as_long_as_the_parts_are_other_ones(self) -> None:
        rng = np.random.default_rng(5)
        course = self.drifted(rng)
        assert take(course, rng.normal(size=3000) + 3) is None and course.shift is not None
        assert course.shift.now == pytest.approx(3, abs=0.6)
        found_since_ns = course.shift.since_ns
        assert take(course, rng.normal(size=90) + 5) is None
        assert course.shift.now == pytest.approx(5, abs=0.6) and course.shift.since_ns == found_since_ns

    def test_it_is_over_when_a_row_of_parts_is_as_before(self) -> None:
        rng = np.random.default_rng(6)
        course = self.drifted(rng)
        ends = take(course, rng.normal(size=200))
        assert ends is not None and 30 <= ends <= 100 and course.shift is None
        assert take(course, rng.normal(size=2000)) is None
        assert take(course, rng.normal(size=200) + 3) is not None  # what drifted was not learned

    def test_a_drift_that_is_found_late_does_not_end_by_chance(self) -> None:
        """One that takes a hundred parts to find looks like nothing in thirty."""
        rng = np.random.default_rng(7)
        course = new(rng.normal(size=200))
        take(course, rng.normal(size=1000))
        found = take(course, rng.normal(size=5000) + 0.8)
        assert found is not None and found > 40
        assert take(course, rng.normal(size=3000) + 0.8) is None and course.shift is not None

    def test_one_that_turns_round_is_told_as_such(self) -> None:
        rng = np.random.default_rng(8)
        course = self.drifted(rng)
        assert take(course, rng.normal(size=200) - 3, first_ns=10**12) is not None
        assert course.shift is not None and course.shift.kind == "lower"
        assert course.shift.now == pytest.approx(-3, abs=0.5) and course.shift.since_ns >= 10**12
