"""An inspector whose camera does what no camera should, or whose accelerator keeps no order."""

from __future__ import annotations

import json
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.cameras.capture import CameraState, Capture
from edge.cameras.options import CameraOptions
from edge.errors import CameraError, EdgeAdError
from edge.frame import Frame
from edge.inference.engine import Raw
from edge.inference.judge import Judge, Limits
from edge.inspection.inspector import AHEAD, Inspector
from edge.inspection.turns import Turns
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.verdict import Inspection, ModelId

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
    """A camera at its seam: so many frames, then the end."""

    def __init__(self, folder: Path, frames: int) -> None:
        super().__init__(CameraOptions(source=str(folder), name="top"))
        self.left = deque(Frame("top", seq, np.zeros((4, 4, 3), np.uint8), 0) for seq in range(frames))

    def wait_ready(self, timeout_s: float) -> bool:
        return True

    def take(self) -> Frame | None:
        return self.left.popleft() if self.left else None

    @property
    def state(self) -> CameraState:
        return CameraState.STREAMING if self.left else CameraState.ENDED


class Examining:
    """Stands for the device: finishes each frame when it is told to; counts how many are under way or done.

    Args:
        hold: returns when a frame may be finished.
        faults: what a frame suffers from, by its number.
    """

    def __init__(self, hold: Callable[[int, Examining], None], faults: Mapping[int, str] | None = None) -> None:
        self.hold = hold
        self.faults = faults or {}
        self.finished: list[int] = []
        self._judge = Judge(Limits(0.0, None, ()), ModelId("bottle", "1", "ab" * 32))

    def examine(self, frame: Frame, *, part_id: str | None = None) -> Inspection:
        self.hold(frame.seq, self)
        self.finished.append(frame.seq)
        if fault := self.faults.get(frame.seq):
            return self._judge.unknown(frame, fault, device="CPU", waited_ms=0, unfit_frame=True)
        return self._judge.inspect(frame, Raw(1.0, None, 0.0, 0.0), device="CPU", waited_ms=0)


@contextmanager
def running(
    camera: Capture, examining: Examining, folder: Path, listening: Listening | None = None
) -> Iterator[tuple[Inspector, Publisher, Outbox]]:
    """An inspector of four lanes, started; nothing of it may fail."""
    outbox = Outbox(folder / "state")
    anywhere = {"events": "tcp://127.0.0.1:0", "heatmaps": "tcp://127.0.0.1:0"}
    with closing(outbox), Publisher(station="s", outbox=outbox, **anywhere) as publisher:  # type: ignore[arg-type]
        examination: Any = examining
        watch: Any = listening or Listening()
        failures: list[EdgeAdError] = []
        stopping = threading.Event()
        inspector = Inspector(
            camera,
            examination,
            watch,
            Turns(LANES),
            publisher,
            lanes=LANES,
            fail=failures.append,
            stopping=stopping,
        )
        inspector.start()
        yield inspector, publisher, outbox
        stopping.set()
        inspector.join(20)
        assert (inspector.alive, failures) == (False, [])


def published(examining: Examining, folder: Path, frames: int) -> list[int]:
    """Runs a camera to its end; the numbers of its frames as they were published."""
    with running(Line(folder, frames), examining, folder) as (inspector, publisher, outbox):
        inspector.join(20)
        assert inspector.judged == frames
        publisher.close()
        return [json.loads(text)["result"]["frame_seq"] for text in outbox.since(0, 1000)]


class Resting(Line):
    """A camera at its seam: after its frames no other comes, and it goes on."""

    def wait_ready(self, timeout_s: float) -> bool:
        return bool(self.left) or bool(time.sleep(0.01))

    @property
    def state(self) -> CameraState:
        return CameraState.STREAMING


def test_a_lane_that_waits_holds_no_frame(tmp_path: Path) -> None:
    """Each would be a slot less in the camera's ring."""
    camera = Resting(tmp_path, LANES)
    frames = [weakref.ref(frame.pixels) for frame in camera.left]
    with running(camera, Examining(lambda seq, examining: None), tmp_path) as (inspector, _, _):
        deadline_s = time.monotonic() + 10.0
        while inspector.judged < LANES or any(frame() is not None for frame in frames):
            assert time.monotonic() < deadline_s, f"{inspector.judged} judged, frames are held"
            time.sleep(0.01)


def oldest_last(seq: int, examining: Examining) -> None:
    """Of each four frames under way the oldest is held until the three after it are done."""
    deadline_s = time.monotonic() + 5
    while seq % LANES == 0 and len(examining.finished) < seq + LANES - 1 and time.monotonic() < deadline_s:
        time.sleep(0.001)


def test_verdicts_that_are_ready_in_any_order_are_published_in_the_cameras(tmp_path: Path) -> None:
    examining = Examining(oldest_last)
    assert published(examining, tmp_path, 20) == list(range(20))
    assert examining.finished != list(range(20))


def test_the_frames_that_end_a_camera_fault_are_those_after_it(tmp_path: Path) -> None:
    """However late a faulty frame is examined: a fault is over after so many sound frames in a row."""
    heard, examining = Listening(), Examining(oldest_last, faults={8: "black picture"})
    with running(Line(tmp_path, 20), examining, tmp_path, heard) as (inspector, _, _):
        inspector.join(20)
    assert heard.faults == [""] * 8 + ["black picture"] + [""] * 11
    assert examining.finished.index(8) > 8


def test_few_verdicts_wait_for_a_slow_frame(tmp_path: Path) -> None:
    overtook: list[int] = []

    def hold(seq: int, examining: Examining) -> None:
        if seq == 0:
            time.sleep(0.3)
            overtook.append(len(examining.finished))

    assert published(Examining(hold), tmp_path, 50) == list(range(50))
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
        Hanging(tmp_path, 1), UNUSED, watch, Turns(LANES), UNUSED, lanes=LANES, fail=UNUSED, stopping=stopping
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
