"""A child that teaches: what a person asks for by control, in its words, and how it fails."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from edge.collecting.advice import WHAT_TO_DO
from edge.errors import TeachingError
from edge.inspection.frame_tap import FrameTap
from edge.inspection.teaching_child import TeachingChild, as_fields
from edge.teaching.progress import Progress


@pytest.fixture
def begun() -> Iterator[list[TeachingChild]]:
    children: list[TeachingChild] = []
    yield children
    for child in children:
        child.stop()


def begin(begun: list[TeachingChild]) -> TeachingChild:
    """Its product has no backbone, so it ends by itself, and says why."""
    first = Progress(name="plate", wanted=3)
    options = ("--name", "plate", "--state-dir", "state")
    begun.append(TeachingChild(options, first, "top", FrameTap(), live=False, tell=lambda progress: None))
    return begun[-1]


def of_this_process() -> list[psutil.Process]:
    return psutil.Process().children()


def test_where_no_process_can_be_started_the_request_fails(
    begun: list[TeachingChild], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(TeachingError, match="no process can be started that teaches: No such file"):
        begin(begun)


@pytest.mark.parametrize("threads", range(3))
def test_where_a_thread_cannot_be_started_no_process_is_left(
    begun: list[TeachingChild], monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    start, started = threading.Thread.start, []

    def at_the_limit(thread: threading.Thread) -> None:
        if len(started) == threads:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    before = of_this_process()
    monkeypatch.setattr(threading.Thread, "start", at_the_limit)
    with pytest.raises(TeachingError, match="can't start new thread; free some memory"):
        begin(begun)
    assert of_this_process() == before
    assert not any(thread.is_alive() for thread in started)


def test_nothing_is_imported_from_the_working_directory(
    begun: list[TeachingChild], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A station may run in a folder that others can write to."""
    monkeypatch.chdir(tmp_path)
    for module in ("typer", "json"):
        Path(f"{module}.py").write_text("open('was_here', 'w')\n", encoding="utf-8")
    child = begin(begun)
    assert os.getpgid(of_this_process()[-1].pid) != os.getpgid(0), "Ctrl-C is for the station alone"
    deadline_s = time.monotonic() + 30.0
    while not child.over:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    assert child.progress.reason.startswith("no backbone was given")
    assert not Path("was_here").exists()


def test_advice_names_fields_of_the_request_where_there_are_some() -> None:
    assert as_fields("or give --max-motion 0 where parts pass") == "or give max_motion 0 where parts pass"
    assert (
        as_fields("give --count 96, or a higher --false-alarm-rate")
        == "give count 96, or a higher false_alarm_rate"
    )
    assert as_fields("or begin anew with --forget all") == "or begin anew with --forget all"
    assert "--" not in "".join(map(as_fields, WHAT_TO_DO.values()))
