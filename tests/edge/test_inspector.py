"""An inspector whose camera does what no camera should, or whose accelerator keeps no order."""

from __future__ import annotations

import json
import threading
from collections import deque
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.cameras.capture import CameraState, Capture
from edge.cameras.options import CameraOptions
from edge.errors import CameraError, EdgeAdError
from edge.frame import Frame
from edge.inference.card import Calibration
from edge.inference.engine import Done, Raw
from edge.inference.judge import Judge
from edge.inspector import Inspector
from edge.messaging.messages import ModelRef
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher


class Breaking(Capture):
    """A camera at its seam: ``next_frame`` raises what it is told to."""

    def __init__(self, folder: Path, error: Exception) -> None:
        super().__init__(CameraOptions(source=str(folder)))
        self.error = error
        self.stopped = threading.Event()

    def next_frame(self, timeout_s: float) -> Frame | None:
        raise self.error

    def stop(self) -> None:
        self.stopped.set()


def run_out(camera: Breaking) -> tuple[Inspector, list[EdgeAdError]]:
    failures: list[EdgeAdError] = []
    unused: Any = None
    inspector = Inspector(camera, unused, unused, unused, fail=failures.append, stopping=threading.Event())
    assert not inspector.started and not inspector.broke_off
    inspector.start()
    inspector.join(5)
    assert not inspector.alive and camera.stopped.is_set()
    return inspector, failures


def test_an_error_of_the_camera_is_handed_on_once(tmp_path: Path) -> None:
    lost = CameraError("camera top is gone")
    inspector, failures = run_out(Breaking(tmp_path, lost))
    assert failures == [lost] and not inspector.broke_off


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_that_nobody_foresaw_does_not_look_like_a_good_end(tmp_path: Path) -> None:
    inspector, failures = run_out(Breaking(tmp_path, ZeroDivisionError()))
    assert failures == [] and inspector.broke_off


class Line(Capture):
    """A camera at its seam: so many frames, then the end."""

    def __init__(self, folder: Path, frames: int) -> None:
        super().__init__(CameraOptions(source=str(folder), name="top"))
        self.left = deque(Frame("top", seq, np.zeros((4, 4, 3), np.uint8), 0) for seq in range(frames))

    def next_frame(self, timeout_s: float) -> Frame | None:
        return self.left.popleft() if self.left else None

    @property
    def state(self) -> CameraState:
        return CameraState.STREAMING if self.left else CameraState.ENDED


class Backwards:
    """An accelerator at its seam: the newest of each ``jobs`` pictures is finished first."""

    jobs = 4

    def __init__(self) -> None:
        self.running: list[Done] = []

    def submit(self, pixels: object, done: Done) -> None:
        self.running.append(done)
        if len(self.running) == self.jobs:
            self.wait()

    def wait(self) -> None:
        while self.running:
            self.running.pop()(Raw(1.0, None, 0.0, 0.0))


class SlowAtFirst(Backwards):
    """Its first picture takes until somebody waits for it; all others take no time."""

    jobs = 2
    overtook = 0

    def submit(self, pixels: object, done: Done) -> None:
        self.running.append(done)
        if len(self.running) > 1:
            self.running.pop()(Raw(1.0, None, 0.0, 0.0))
            self.overtook += 1

    def wait(self) -> None:
        self.waited_after = getattr(self, "waited_after", self.overtook)
        super().wait()


def published(engine: Backwards, folder: Path, frames: int) -> list[int]:
    """Runs a camera to its end; the numbers of its frames as they were published."""
    judge = Judge(Calibration.model_construct(threshold=0.0, pixel_threshold=None, quantiles=(0.0, 1.0)), "CPU")
    model = ModelRef(name="bottle", version="1", sha256="ab" * 32)
    outbox = Outbox(folder / "state")
    anywhere = {"events": "tcp://127.0.0.1:0", "heatmaps": "tcp://127.0.0.1:0"}
    with closing(outbox), Publisher(station="s", model=model, outbox=outbox, **anywhere) as publisher:
        accelerator: Any = engine
        camera = Line(folder, frames)
        failures: list[EdgeAdError] = []
        inspector = Inspector(
            camera, accelerator, judge, publisher, fail=failures.append, stopping=threading.Event()
        )
        inspector.start()
        inspector.join(5)
        engine.wait()
        assert (inspector.alive, inspector.judged, failures) == (False, frames, [])
        publisher.close()
        return [json.loads(text)["result"]["frame_seq"] for text in outbox.since(0, 1000)]


def test_results_that_finish_in_any_order_are_published_in_the_cameras(tmp_path: Path) -> None:
    assert published(Backwards(), tmp_path, 22) == list(range(22))


def test_few_frames_wait_for_a_slow_one(tmp_path: Path) -> None:
    engine = SlowAtFirst()
    assert published(engine, tmp_path, 50) == list(range(50))
    assert engine.waited_after == 2 * engine.jobs - 1
