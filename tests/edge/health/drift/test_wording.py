"""One line for people, whatever drifts together."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta

import pytest

from calibration.drift.course import Shift
from edge.health.drift.figures import Name
from edge.health.drift.wording import in_words, wall_time

MINUTE_NS = 60 * 10**9


def ago_ns(minutes: int) -> int:
    return time.monotonic_ns() - minutes * MINUTE_NS


def test_several_figures_make_one_line_since_the_first_of_them() -> None:
    shifts: dict[Name, Shift] = {
        "scores": Shift("higher", ago_ns(60), 6.8, 12.345678),
        "brightness": Shift("lower", ago_ns(90), math.log(150), math.log(129)),
        "down": Shift("lower", ago_ns(80), 0.001, -0.009),
    }
    line = in_words(shifts, 1920)
    since = (datetime.now(UTC) - timedelta(minutes=90)).strftime("%Y-%m-%d %H:%M UTC")
    assert (
        line == f"scores up (median 12.35, 6.8 before), brightness -14 %, position 19 px to the top; since {since}"
    )


@pytest.mark.parametrize(
    ("name", "before", "says"),
    [("scores", 1.5, "spread of scores 2.0 times as wide"), ("right", 0.0, "spread of position wider")],
)
def test_a_wider_spread(name: Name, before: float, says: str) -> None:
    assert in_words({name: Shift("wider", ago_ns(1), before, 3.0)}, 100).startswith(says + "; since ")


def test_nothing_is_an_empty_line() -> None:
    assert in_words({}, 100) == ""


def test_the_time_of_day_of_a_moment() -> None:
    assert abs(datetime.now(UTC) - wall_time(ago_ns(3)) - timedelta(minutes=3)) < timedelta(seconds=5)
