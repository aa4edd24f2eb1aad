"""What one frame's examination owes to the frames before it, and to a change of the model between two."""

from __future__ import annotations

import threading

import pytest

from edge.errors import DeviceError
from edge.inspection.examination import Examination
from tests.edge.inspection.unsteady import GREY, Accelerator, Telling, frames_of, gauge

FRAMES = frames_of([GREY, GREY + 1, GREY + 2])


def test_a_frame_keeps_the_model_and_the_threshold_with_which_it_was_taken() -> None:
    """However late it is examined: the results of later frames are no older a model's than its own."""
    examination = Examination(gauge(Accelerator(FRAMES), model="old"), lambda reason: None)
    first = examination.take(FRAMES[0])
    examination.gauge.judge_above(7.0)
    second = examination.take(FRAMES[1])
    examination.change(gauge(Accelerator(FRAMES), model="new"))
    third = examination.take(FRAMES[2])
    found = [examination.examine(taken).inspection for taken in (third, second, first)]
    assert [(each.model.name, each.threshold) for each in found] == [("new", 0.0), ("old", 7.0), ("old", 0.0)]


def test_the_drift_of_a_model_is_never_told_after_the_next_one_took_its_place() -> None:
    told: list[str] = []
    changed = threading.Event()
    other = threading.Thread(
        target=lambda: (examination.change(gauge(Accelerator(FRAMES), model="new")), changed.set())
    )

    def drifted(reason: str) -> None:
        if reason:
            other.start()
            changed.wait(0.1)  # all that the change must not be done within
        told.append(reason)

    examination = Examination(gauge(Accelerator(FRAMES), Telling({0: "scores up", 1: "scores down"})), drifted)
    now, later = (examination.examine(examination.take(frame)) for frame in FRAMES[:2])
    examination.settle(now)
    other.join(20)
    examination.settle(later)
    assert told == ["scores up", ""]


def test_failures_of_a_model_do_not_count_for_the_next_one() -> None:
    old, new = (gauge(Accelerator(FRAMES, fails={0, 1, 2}), model=name) for name in ("old", "new"))
    examination = Examination(old, lambda reason: None)
    before = [examination.examine(examination.take(frame)) for frame in FRAMES]
    examination.settle(before[0])
    examination.change(new)
    for failed in (before[1], before[2], examination.examine(examination.take(FRAMES[0]))):
        examination.settle(failed)  # the first of the new model
    with pytest.raises(DeviceError, match="frame 1 failed"):
        examination.settle(examination.examine(examination.take(FRAMES[1])))
