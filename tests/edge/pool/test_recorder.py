from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.messaging.alarm import Alarm
from edge.messaging.changes import Change, Done
from edge.messaging.compose import Composer
from edge.pictures import read_picture
from edge.pool import recorder as recorder_module
from edge.pool.counts import Count, read_counts
from edge.pool.entry import Entry
from edge.pool.options import PoolOptions
from edge.pool.places import alert_pictures_of, pool_of
from edge.pool.recorder import MOST_WAITING, Recorder
from edge.pool.shelf import entries_in
from edge.store.actions import Said
from edge.verdict import Box, Verdict
from tests.edge.messaging.conftest import MODEL, Inspect
from tests.edge.messaging.conftest import inspect as inspect

DEADLINE_S = 10.0
Show = Callable[..., None]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Recorder]]:
    """Starts recorders of one station, one after another."""
    running: list[Recorder] = []

    def begin(**options: Any) -> Recorder:
        for before in running:
            before.close()
        running.append(Recorder(tmp_path, PoolOptions(enabled=True), **options))
        return running[-1]

    yield begin
    running[-1].close()


@pytest.fixture
def show(inspect: Inspect) -> Show:
    """Shows a recorder a part; one with an alert_id raises an alarm."""
    compose = Composer("line-3")

    def shown(recorder: Recorder, alert_id: str | None = None, state: Any = "raised", **changes: object) -> None:
        verdict = Verdict.GOOD if alert_id is None else Verdict.ANOMALOUS
        part = inspect(0, **({"verdict": verdict, "score": 5.0 if alert_id else 1.5} | changes))
        result = compose.result(part)
        recorder.see(part, result, None if alert_id is None else Alarm(alert_id, state, result))

    return shown


def acknowledged(alert_id: str, judgement: str, by: str = "Ann") -> Done:
    after = {"alert_id": alert_id, "judgement": judgement, "by": by}
    return Done(1, "local", "acknowledge", Change(None, {}, after, lambda: None), "")


def until(found: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not found():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def waiting(state: Path) -> list[Entry]:
    return [entry for entry, _ in entries_in(alert_pictures_of(state))]


def pooled(state: Path) -> list[Entry]:
    return [entry for entry, _ in entries_in(pool_of(state))]


def test_counts_are_written_while_pictures_wait_all_the_time(
    start: Callable[..., Recorder], show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_WRITE_COUNTS_S", 0.1)
    monkeypatch.setattr(recorder_module, "_RESTS", 400.0)  # each picture takes longer than the next one to come
    recorder = start()

    def written() -> bool:
        for _ in range(MOST_WAITING):
            show(recorder, f"alarm-{time.monotonic_ns()}")
        return bool(read_counts(pool_of(tmp_path)))

    until(written)


def test_a_picture_waits_for_its_judgement_and_then_lies_in_the_pool(
    start: Callable[..., Recorder], show: Show, tmp_path: Path
) -> None:
    recorder = start()
    pixels = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    part = {"box": Box(10, 4, 20, 30), "part_id": "4711"}
    show(recorder, "one", frame=_frame(pixels), **part)
    show(recorder, "two")
    until(lambda: len(waiting(tmp_path)) == 2)
    recorder.hear(acknowledged("one", "false_alarm"))
    until(lambda: len(pooled(tmp_path)) == 1)
    ((entry, picture),) = entries_in(pool_of(tmp_path))
    assert np.array_equal(read_picture(picture), pixels[4:34, 10:30])  # what the model saw, to the pixel
    assert (entry.alert_id, entry.camera, entry.part_id, entry.score) == ("one", "top", "4711", 5.0)
    assert (entry.judgement, entry.by, entry.model) == ("false_alarm", "Ann", MODEL.sha256)
    until(lambda: [entry.alert_id for entry in waiting(tmp_path)] == ["two"])


def test_the_last_word_counts(start: Callable[..., Recorder], show: Show, tmp_path: Path) -> None:
    recorder = start()
    show(recorder, "one")
    recorder.hear(acknowledged("one", "false_alarm"))  # while its picture may still wait to be written
    recorder.hear(acknowledged("one", "true_alarm", "Bob"))
    recorder.hear(acknowledged("gone", "true_alarm"))
    until(lambda: [(entry.judgement, entry.by) for entry in pooled(tmp_path)] == [("true_alarm", "Bob")])
    assert waiting(tmp_path) == []


def test_what_was_judged_and_not_moved_before_a_kill_is_moved_at_the_next_start(
    start: Callable[..., Recorder], show: Show, tmp_path: Path
) -> None:
    show(start(), "one")
    until(lambda: len(waiting(tmp_path)) == 1)
    said_at = "2026-11-22T08:00:00Z"
    said = {"one": Said("false_alarm", "Ann", said_at), "old": Said("true_alarm", "Bob", said_at)}
    recorder = start(said=said)
    until(lambda: [(entry.number, entry.by) for entry in pooled(tmp_path)] == [(1, "Ann")])
    show(recorder, "two")
    until(lambda: [entry.number for entry in waiting(tmp_path)] == [2])  # numbers go on


def test_only_parts_that_raise_an_alarm_have_their_picture_kept(
    start: Callable[..., Recorder], show: Show, tmp_path: Path
) -> None:
    recorder = start(masked=frozenset({"top"}))
    show(recorder)
    show(recorder, "one", state="cleared")
    show(recorder, "two", verdict=Verdict.UNKNOWN, score=float("nan"))
    show(recorder, "three")
    recorder.close()
    assert [(entry.alert_id, entry.masked) for entry in waiting(tmp_path)] == [("three", True)]


def test_parts_are_counted_for_one_model_and_one_threshold(
    start: Callable[..., Recorder], show: Show, tmp_path: Path
) -> None:
    recorder = start()
    lanes = [threading.Thread(target=lambda: [show(recorder) for _ in range(200)]) for _ in range(3)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    show(recorder, "one")
    recorder.close()
    first = read_counts(pool_of(tmp_path))["top"]
    assert first == Count(period=first.period, model=MODEL.sha256, threshold=3.0, parts=601, anomalous=1)
    recorder = start()
    show(recorder, "two")
    recorder.close()
    assert read_counts(pool_of(tmp_path))["top"].parts == 602
    assert {entry.period for entry in waiting(tmp_path)} == {first.period}
    recorder = start()
    show(recorder, threshold=4.0)
    recorder.close()
    anew = read_counts(pool_of(tmp_path))["top"]
    assert anew.parts == 1 and anew.period != first.period


def test_a_lane_never_waits_for_the_disk(
    start: Callable[..., Recorder], show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is the seam: a write that hangs."""
    hangs = threading.Event()
    monkeypatch.setattr("edge.pool.shelf.write_whole", lambda path, content: hangs.wait(DEADLINE_S))
    recorder = start()
    began_s = time.monotonic()
    for number in range(3 * MOST_WAITING):
        show(recorder, f"alarm-{number}")
    assert time.monotonic() - began_s < 1.0
    assert recorder.left_out == 2 * MOST_WAITING
    hangs.set()


def test_the_last_of_a_disk_is_left_to_alerts(
    start: Callable[..., Recorder], show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(recorder_module, "LEAVE_FREE_BYTES", 10**18)
    recorder = start()
    show(recorder, "one")
    show(recorder, "two")
    until(lambda: recorder.left_out == 2)
    assert [record.event for record in caplog.records] == ["pool_refused"]  # said once
    assert "MB are free" in caplog.records[0].fields["reason"] == recorder.complaint
    monkeypatch.setattr(recorder_module, "LEAVE_FREE_BYTES", 0)
    show(recorder, "three")
    until(lambda: [entry.alert_id for entry in waiting(tmp_path)] == ["three"])
    until(lambda: recorder.complaint == "")


def _frame(pixels: np.ndarray) -> object:
    from edge.frame import Frame

    return Frame(camera="top", seq=0, pixels=pixels, captured_ns=0)
