"""Which frame answers a PLC's request. Times are read off the real clock and handed in, nothing waits."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from edge.errors import BusyError, CameraError, EdgeAdError
from edge.frame import Frame
from edge.inspection.trigger import Ask, Trigger
from edge.messaging.messages import Result

MS = 1_000_000
INTERVAL_NS = 40 * MS
PIXELS = np.zeros((4, 4, 3), np.uint8)


class Camera:
    """A trigger, what it answered, and how often it said that it changed."""

    def __init__(self, *, exposure_lag_ms: float | None = None, waits: bool = False) -> None:
        self.answers: list[Result | EdgeAdError] = []
        self.changes = 0
        self.trigger = Trigger(exposure_lag_ms=exposure_lag_ms, waits=waits, changed=self._changed)
        self.now_ns = time.monotonic_ns()

    def _changed(self) -> None:
        self.changes += 1

    def ask(self, part_id: str = "4711", *, timeout_ms: int = 60_000) -> Ask:
        ask = Ask(part_id, self.now_ns, self.now_ns + timeout_ms * MS, self.answers.append)
        self.trigger.ask(ask)
        return ask

    def shows(self, after_ms: float, interval_ns: int = INTERVAL_NS, *, held_ms: float | None = 0) -> Ask | None:
        held_ns = None if held_ms is None else round(held_ms * MS)
        frame = Frame("top", 0, PIXELS, self.now_ns + round(after_ms * MS), held_ns=held_ns)
        return self.trigger.wanted(frame, interval_ns)


def test_nobody_asked_for_a_frame() -> None:
    assert Camera().shows(5) is None


@pytest.mark.parametrize("after_ms", [-100, -1, 0, 1, 39])
def test_a_frame_that_may_have_been_exposed_before_the_request_is_not_taken(after_ms: float) -> None:
    camera = Camera()
    camera.ask()
    assert camera.shows(after_ms) is None
    assert camera.trigger.busy


def test_the_first_frame_that_was_surely_exposed_after_it_is_taken_and_no_other() -> None:
    camera = Camera()
    ask = camera.ask()
    assert camera.shows(12) is None
    assert camera.shows(52) is ask
    assert camera.shows(92) is None


def test_a_known_lag_saves_the_wait_for_a_whole_interval() -> None:
    camera = Camera(exposure_lag_ms=8)
    ask = camera.ask()
    assert camera.shows(7.9) is None
    assert camera.shows(8.1) is ask


@pytest.mark.parametrize("exposure_lag_ms", [None, 5])
def test_a_frame_out_of_the_cameras_rhythm_is_never_taken_however_new_it_looks(
    exposure_lag_ms: float | None,
) -> None:
    """After a hold-up frames come out of a buffer all at once, each stamped with the time at which it came out."""
    camera = Camera(exposure_lag_ms=exposure_lag_ms)
    ask = camera.ask()
    for burst in range(20):
        assert camera.shows(600 + burst, held_ms=None) is None
    assert camera.shows(700) is ask


def test_what_a_frame_may_have_waited_is_taken_off() -> None:
    camera = Camera(exposure_lag_ms=5)
    ask = camera.ask()
    assert camera.shows(12, held_ms=8) is None
    assert camera.shows(14, held_ms=8) is ask


def test_before_a_camera_has_shown_its_rhythm_nothing_is_taken() -> None:
    camera = Camera()
    ask = camera.ask()
    assert camera.shows(200, 0) is None
    assert camera.shows(200) is ask


def test_who_waits_for_a_request_wakes_with_it() -> None:
    camera = Camera(waits=True)
    began_s = time.monotonic()
    threading.Timer(0.05, camera.ask).start()
    camera.trigger.wait(5)
    assert camera.trigger.busy and time.monotonic() - began_s < 1


def test_pictures_that_wait_on_disk_have_no_age() -> None:
    camera = Camera(waits=True)
    ask = camera.ask()
    assert camera.shows(-5000) is ask


def test_one_part_at_a_time() -> None:
    camera = Camera(exposure_lag_ms=0)
    ask = camera.ask("1")
    with pytest.raises(BusyError, match="still inspecting part '1'"):
        camera.ask("2")
    assert camera.shows(1) is ask
    with pytest.raises(BusyError):
        camera.ask("2")
    verdict = EdgeAdError("stands for a result")
    camera.trigger.done(ask, verdict)
    assert camera.answers == [verdict] and not camera.trigger.busy
    camera.ask("2")
    assert camera.trigger.busy and camera.changes == 3


def test_a_request_whose_time_has_passed_without_a_frame_is_given_up() -> None:
    camera = Camera(exposure_lag_ms=0)
    camera.ask("1", timeout_ms=0)
    time.sleep(0.001)
    camera.trigger.look()
    assert not camera.trigger.busy and camera.changes == 2
    assert camera.shows(5) is None
    assert camera.answers == []  # control has told the PLC
    camera.ask("2")


def test_a_frame_under_way_when_the_time_passes_still_gives_its_late_verdict() -> None:
    camera = Camera(exposure_lag_ms=0)
    ask = camera.ask(timeout_ms=1)
    assert camera.shows(0.5) is ask
    time.sleep(0.002)
    camera.trigger.look()
    assert camera.trigger.busy
    verdict = EdgeAdError("stands for a result")
    camera.trigger.done(ask, verdict)
    assert camera.answers == [verdict]


def test_a_lost_camera_answers_at_once_unless_the_frame_is_already_there() -> None:
    lost = CameraError("camera top is lost")
    camera = Camera(exposure_lag_ms=0)
    camera.trigger.refuse(lost)
    ask = camera.ask()
    camera.trigger.refuse(lost)
    assert camera.answers == [lost] and not camera.trigger.busy
    ask = camera.ask()
    assert camera.shows(1) is ask
    camera.trigger.refuse(lost)
    assert camera.answers == [lost] and camera.trigger.busy


def test_a_request_whose_frame_was_taken_at_the_last_moment_is_not_refused() -> None:
    camera = Camera(exposure_lag_ms=0)
    ask = camera.ask()
    taken = []

    class TakenJustBefore:
        """The trigger's lock, which whoever takes a frame was the first to get."""

        def __init__(self, lock: threading.Lock) -> None:
            self._lock = lock

        def __enter__(self) -> None:
            camera.trigger._lock = self._lock
            taken.append(camera.shows(1))
            self._lock.acquire()

        def __exit__(self, *_: object) -> None:
            self._lock.release()

    camera.trigger._lock = TakenJustBefore(camera.trigger._lock)  # type: ignore[assignment]
    camera.trigger.refuse(CameraError("camera top is paused"))
    assert taken == [ask] and camera.answers == [] and camera.trigger.busy
    verdict = EdgeAdError("stands for a result")
    camera.trigger.done(ask, verdict)
    assert camera.answers == [verdict]


def test_the_answer_to_an_older_request_is_not_given_to_a_newer_one() -> None:
    camera = Camera(exposure_lag_ms=0)
    first = camera.ask("1", timeout_ms=0)
    time.sleep(0.001)
    camera.ask("2")
    camera.trigger.done(first, EdgeAdError("of part 1"))
    assert camera.answers == [] and camera.trigger.busy
