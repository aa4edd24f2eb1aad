from __future__ import annotations

import pytest

from edge.cameras.rhythm import Rhythm

MS = 1_000_000


class Steady:
    """30 frames per second, so far without fault."""

    def __init__(self, frames: int = 20) -> None:
        self.rhythm = Rhythm()
        self.now_ns = 1
        self.after(*[33] * frames)

    def after(self, *intervals_ms: float) -> list[float | None]:
        """What is told of each frame, in ms, when they come after such intervals."""
        found: list[float | None] = []
        for interval_ms in intervals_ms:
            self.now_ns += round(interval_ms * MS)
            held_ns = self.rhythm.held_ns(self.now_ns)
            found.append(None if held_ns is None else held_ns / MS)
        return found


def test_the_first_frames_tell_nothing() -> None:
    assert Steady(0).after(*[33] * 8) == [None] * 5 + [0] * 3


def test_frames_in_rhythm_have_waited_for_no_longer_than_they_are_late() -> None:
    assert Steady().after(33, 35, 31, 40, 26) == [0, 2, 0, 7, 0]


def test_neither_a_late_frame_nor_the_burst_after_it_is_trusted() -> None:
    """Held up for 0.9 s: 27 frames waited in buffers, and come at once."""
    found = Steady(64).after(900, *[0.5] * 27, 20, 33, 33)
    assert found == [None] * 29 + [0, 0]


@pytest.mark.parametrize("held_up_ms", [45, 120, 2000])
def test_a_burst_does_not_become_the_rhythm(held_up_ms: float) -> None:
    assert Steady(64).after(held_up_ms, *[1] * 40) == [None] * 41


def test_after_a_loss_the_time_until_the_next_frame_is_no_interval() -> None:
    camera = Steady()
    camera.rhythm.interrupt()
    assert camera.after(5000, 33) == [None, 0]
    assert camera.rhythm.interval_ns == 33 * MS


def test_another_rate_is_learnt() -> None:
    camera = Steady()
    assert camera.after(*[100] * 40)[-1] == 0
    assert camera.rhythm.interval_ns == 100 * MS
