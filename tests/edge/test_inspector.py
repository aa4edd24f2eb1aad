"""An inspector whose camera does what no camera should."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from edge.cameras.capture import Capture
from edge.cameras.options import CameraOptions
from edge.errors import CameraError, EdgeAdError
from edge.frame import Frame
from edge.inspector import Inspector


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
