"""An inspector whose camera does what no camera should, or whose accelerator keeps no order."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from edge.cameras.capture import CameraState, Capture
from edge.cameras.options import CameraOptions
from edge.errors import CameraError, EdgeAdError
from edge.frame import Frame
from edge.inspection.examination import Examination, Taken
from edge.inspection.inspector import AHEAD, LOOK_S, Inspector
from edge.inspection.turns import Turns
from edge.messaging.messages import Result
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from tests.edge.inspection.unsteady import GREY, Accelerator, Telling, frames_of, gauge

UNUSED: Any = None
LANES = 4


class Listening:
    """Stands for the camera's watch: keeps what each frame suffered from."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def look(self, *, paused: bool = False) -> None:
        pass

    def take_fault(self, reason: str) -> None:
        self.faults.append(reason)


class Breaking(Capture):
    """A camera at its seam: it raises what it is told to."""

    def __init__(self, folder: Path, error: Exception) -> None:
        super().__init__(CameraOptions(source=str(folder)))
        self.error = error
        self.stopped = threading.Event()

    def wait_ready(self, timeout_s: float) -> bool:
        raise self.error

    def stop(self) -> None:
        self.stopped.set()


def run_out(camera: Breaking) -> tuple[Inspector, list[EdgeAdError]]:
    failures: list[EdgeAdError] = []
    watch: Any = Listening()
    inspector = Inspector(
        camera, UNUSED, watch, Turns(1), UNUSED, fail=failures.append, stopping=threading.Event()
    )
    assert not inspector.started and not inspector.broke_off
    inspector.start()
    inspector.join(5)
    assert not inspector.alive
    return inspector, failures


def test_an_error_of_the_camera_is_handed_on_once(tmp_path: Path) -> None:
    lost = CameraError("camera top is gone")
    camera = Breaking(tmp_path, lost)
    inspector, failures = run_out(camera)
    assert failures == [lost] and not inspector.broke_off and camera.stopped.is_set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_that_nobody_foresaw_does_not_look_like_a_good_end(tmp_path: Path) -> None:
    inspector, failures = run_out(Breaking(tmp_path, ZeroDivisionError()))
    assert failures == [] and inspector.broke_off


class Line(Capture):
    """A camera at its seam: these frames, then the end."""

    def __init__(self, folder: Path, frames: Sequence[Frame]) -> None:
        super().__init__(CameraOptions(source=str(folder), name="top"))
        self.left = deque(frames)

    def wait_ready(self, timeout_s: float) -> bool:
        return True

    def take(self) -> Frame | None:
        return self.left.popleft() if self.left else None

    @property
    def state(self) -> CameraState:
        return CameraState.STREAMING if self.left else CameraState.ENDED


@contextmanager
def running(
    camera: Capture, examination: Examination, folder: Path, listening: Listening | None = None, *, fails: str = ""
) -> Iterator[tuple[Inspector, list[Result]]]:
    """An inspector of four lanes, started, and its results; what it fails with must be what is told."""
    outbox, results = Outbox(folder / "state"), list[Result]()
    bus: Any = {"events": "tcp://127.0.0.1:0", "heatmaps": "tcp://127.0.0.1:0", "measured": results.append}
    with closing(outbox), Publisher(station="s", outbox=outbox, **bus) as publisher:
        watch: Any = listening or Listening()
        failures: list[EdgeAdError] = []
        stopping = threading.Event()

        def fail(error: EdgeAdError) -> None:
            failures.append(error)
            stopping.set()

        inspector = Inspector(
            camera, examination, watch, Turns(LANES), publisher, lanes=LANES, fail=fail, stopping=stopping
        )
        inspector.start()
        yield inspector, results
        stopping.set()
        inspector.join(20)
        assert (inspector.alive, " ".join(map(str, failures))) == (False, fails)


def unlike(count: int) -> list[Frame]:
    """So many frames, no two of them equal."""
    return frames_of(range(GREY, GREY + count))


def examining(frames: Sequence[Frame], **accelerator: Any) -> Examination:
    return Examination(gauge(Accelerator(frames, **accelerator)), lambda reason: None)


def judged(frames: Sequence[Frame], examination: Examination, folder: Path) -> list[int]:
    """Runs a camera to its end; the numbers of its frames as they were published."""
    with running(Line(folder, frames), examination, folder) as (inspector, results):
        inspector.join(20)
        assert inspector.judged == len(frames)
        return [result.frame_seq for result in results]


class Resting(Line):
    """A camera at its seam: after its frames no other comes, and it goes on."""

    def wait_ready(self, timeout_s: float) -> bool:
        return bool(self.left) or bool(time.sleep(0.01))

    @property
    def state(self) -> CameraState:
        return CameraState.STREAMING


def test_a_lane_that_waits_holds_no_frame(tmp_path: Path) -> None:
    """Each would be a slot less in the camera's ring."""
    camera = Resting(tmp_path, unlike(LANES))
    frames = [weakref.ref(frame.pixels) for frame in camera.left]
    with running(camera, examining(camera.left), tmp_path) as (inspector, _):
        deadline_s = time.monotonic() + 10.0
        while inspector.judged < LANES or any(frame() is not None for frame in frames):
            assert time.monotonic() < deadline_s, f"{inspector.judged} judged, frames are held"
            time.sleep(0.01)


def wait_for(come: Callable[[], bool]) -> None:
    """For at most 5 seconds; what is missing then is seen in the outcome."""
    deadline_s = time.monotonic() + 5
    while not come() and time.monotonic() < deadline_s:
        time.sleep(0.001)


def oldest_last(seq: int, accelerator: Accelerator) -> None:
    """Of each four frames under way the oldest is held until the three after it were looked at."""
    if seq % LANES == 0:
        wait_for(lambda: len(accelerator.begun) >= seq + LANES - 1)


def test_verdicts_that_are_ready_in_any_order_are_published_in_the_cameras(tmp_path: Path) -> None:
    frames = unlike(20)
    accelerator = Accelerator(frames, oldest_last)
    assert judged(frames, Examination(gauge(accelerator), UNUSED), tmp_path) == list(range(20))
    assert accelerator.begun != list(range(20))


def test_the_frames_that_end_a_camera_fault_are_those_after_it(tmp_path: Path) -> None:
    """However late a faulty frame is examined: a fault is over after so many sound frames in a row."""
    greys = [*range(GREY, GREY + 8), 0, *range(GREY + 9, GREY + 20)]
    frames, heard = frames_of(greys), Listening()
    accelerator = Accelerator(frames, oldest_last)
    with running(Line(tmp_path, frames), Examination(gauge(accelerator), UNUSED), tmp_path, heard) as (lanes, _):
        lanes.join(20)
    assert heard.faults == [""] * 8 + ["black picture"] + [""] * 11
    assert accelerator.begun.index(8) > 8


def test_a_frozen_frame_is_none_the_less_so_when_it_is_looked_at_after_a_newer_one(tmp_path: Path) -> None:
    frames, heard = frames_of([GREY] * 9 + [GREY + seq for seq in range(1, 4)]), Listening()
    accelerator = Accelerator(frames, oldest_last)
    with running(Line(tmp_path, frames), Examination(gauge(accelerator), UNUSED), tmp_path, heard) as (lanes, _):
        lanes.join(20)
    frozen = [f"frozen picture for {seconds}.0 s" for seconds in range(3, 9)]
    assert heard.faults == [""] * 3 + frozen + [""] * 3
    assert accelerator.begun.index(8) > 8


def test_drift_is_taken_in_in_the_cameras_order(tmp_path: Path) -> None:
    frames, drift, told = unlike(20), Telling({4: "scores up", 5: "", 13: "scores up"}), list[str]()
    examination = Examination(gauge(Accelerator(frames, oldest_last), drift), told.append)
    judged(frames, examination, tmp_path)
    assert drift.took == list(range(20))
    assert told == ["scores up", "", "scores up"]


def test_two_failures_with_a_sound_frame_between_them_end_nothing(tmp_path: Path) -> None:
    """However late the sound one is ready."""

    def middle_last(seq: int, accelerator: Accelerator) -> None:
        if seq == 2:
            wait_for(lambda: len(accelerator.begun) == 7)

    frames = unlike(8)
    assert judged(frames, examining(frames, hold=middle_last, fails={1, 3}), tmp_path) == list(range(8))


def test_two_failures_in_a_row_end_the_camera_once_both_were_told(tmp_path: Path) -> None:
    frames = unlike(20)
    examination = examining(frames, fails={2, 3})
    with running(Line(tmp_path, frames), examination, tmp_path, fails="frame 3 failed") as (inspector, results):
        inspector.join(20)
    # Others may be published behind them, as they were under way.
    assert [result.reason for result in results[:4]] == ["", "", "frame 2 failed", "frame 3 failed"]


def test_frames_are_taken_in_one_at_a_time(tmp_path: Path) -> None:
    """Or the gauge of a frame, and what it is compared with, would be those of a later one."""
    frames, took = unlike(8), list[int]()

    class Slow(Examination):
        def take(self, frame: Frame) -> Taken:
            if frame.seq == 0:
                assert not overtaken.wait(LOOK_S)
            overtaken.set()
            took.append(frame.seq)
            return super().take(frame)

    overtaken = threading.Event()
    judged(frames, Slow(gauge(Accelerator(frames)), UNUSED), tmp_path)
    assert took == list(range(8))


def test_few_verdicts_wait_for_a_slow_frame(tmp_path: Path) -> None:
    frames, overtook = unlike(50), list[int]()

    def hold(seq: int, accelerator: Accelerator) -> None:
        if seq == 0:
            time.sleep(0.3)
            overtook.append(len(accelerator.begun))

    assert judged(frames, examining(frames, hold=hold), tmp_path) == list(range(50))
    # The other lanes may each hold one more, which waits to be published.
    assert AHEAD * LANES - 1 <= overtook[0] < AHEAD * LANES + LANES


def test_a_camera_that_hangs_while_it_gives_a_frame_is_not_called_a_hung_inference(tmp_path: Path) -> None:
    free = threading.Event()

    class Hanging(Line):
        def take(self) -> Frame | None:
            assert free.wait(20)
            return None

    watch: Any = Listening()
    stopping = threading.Event()
    inspector = Inspector(
        Hanging(tmp_path, unlike(1)),
        UNUSED,
        watch,
        Turns(LANES),
        UNUSED,
        lanes=LANES,
        fail=UNUSED,
        stopping=stopping,
    )
    inspector.start()
    deadline_s = time.monotonic() + 5
    while (at := {stage.step.name for stage in inspector.stages if stage.step}) != {"taking a frame"}:
        assert time.monotonic() < deadline_s, at
        time.sleep(0.001)
    stopping.set()
    free.set()
    inspector.join(5)
    assert not inspector.alive


def test_a_lane_whose_turn_is_held_by_one_that_waits_for_the_disk_may_wait_as_long(tmp_path: Path) -> None:
    turns, watch, stopping = Turns(1), Listening(), threading.Event()
    inspector = Inspector(
        Line(tmp_path, unlike(1)), UNUSED, cast(Any, watch), turns, UNUSED, fail=UNUSED, stopping=stopping
    )
    with turns.turn():
        inspector.start()
        wait_for(lambda: (step := inspector.stages[0].step) is not None and step.name == "waiting for its turn")
        step = inspector.stages[0].step
        inspector.capture.left.clear()
        stopping.set()
    assert step is not None and step.on_disk
    inspector.join(5)


def test_what_a_lane_meets_after_the_stop_is_no_failure(tmp_path: Path) -> None:
    """One that was left behind finds the publisher closed."""
    under_way, go_on = threading.Event(), threading.Event()

    def hold(seq: int, accelerator: Accelerator) -> None:
        under_way.set()
        assert go_on.wait(20)

    frames, failures, stopping = unlike(1), list[EdgeAdError](), threading.Event()
    with closing(Outbox(tmp_path / "state")) as outbox:
        publisher = Publisher(station="s", outbox=outbox, events="tcp://127.0.0.1:0", heatmaps="tcp://127.0.0.1:0")
        inspector = Inspector(
            Line(tmp_path, frames),
            examining(frames, hold=hold),
            cast(Any, Listening()),
            Turns(1),
            publisher,
            fail=failures.append,
            stopping=stopping,
        )
        inspector.start()
        assert under_way.wait(20)
        stopping.set()
        publisher.close()
    go_on.set()
    inspector.join(20)
    assert (inspector.alive, inspector.broke_off, failures) == (False, False, [])
