from __future__ import annotations

import pytest

from edge.cameras.process import Pace


def test_pictures_are_due_in_even_steps_whatever_reading_takes() -> None:
    pace = Pace(10)
    assert [pace.due(now) for now in (100.0, 100.13, 100.2)] == pytest.approx([100.1, 100.2, 100.3])


def test_after_a_delay_there_is_no_burst() -> None:
    pace = Pace(10)
    pace.due(100.0)
    assert pace.due(105.0) == pytest.approx(105.0)
    assert pace.due(105.0) == pytest.approx(105.1)


def test_without_fps_the_next_picture_is_due_at_once() -> None:
    pace = Pace(None)
    assert [pace.due(now) for now in (1.0, 2.0)] == [1.0, 2.0]
