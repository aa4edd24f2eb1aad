"""One camera's way through the daemon: frame, result, verdict, publisher. One direction, no way back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from edge.cameras.capture import CameraState, Capture
from edge.errors import EdgeAdError
from edge.frame import Frame
from edge.inference.engine import Engine, Raw
from edge.inference.judge import Judge
from edge.log import log_event
from edge.messaging.publisher import Publisher

LOOK_S = 0.1  # how often a waiting inspector looks whether it should stop
log = logging.getLogger(__name__)


class Inspector:
    """Takes one camera's frames, has them inferred, judges them and publishes the outcome, in a thread.

    While ``paused`` is set nothing is judged: frames of a live camera pass by, pictures on disk wait.

    Args:
        capture: the camera, started.
        engine: shared by the cameras that use the same bundle.
        judge: turns results into verdicts.
        publisher: takes the inspections.
        fail: called once with the error that ends this camera.
        stopping: set when the daemon wants to end.

    Attributes:
        judged: frames with a verdict so far.
        skipped: names of pictures that could not be decoded so far.
    """

    def __init__(
        self,
        capture: Capture,
        engine: Engine,
        judge: Judge,
        publisher: Publisher,
        *,
        fail: Callable[[EdgeAdError], None],
        stopping: threading.Event,
    ) -> None:
        self.capture = capture
        self.name = capture.options.name
        self.paused = threading.Event()
        self.judged = 0
        self.skipped: list[str] = []
        self._passed_over = 0
        self._finished = False
        self._counting = threading.Lock()  # several threads of OpenVINO's finish at once
        self._counting = threading.Lock()
        self._engine = engine
        self._judge = judge
        self._publisher = publisher
        self._fail = fail
        self._stopping = stopping
        self._was = CameraState.OPENING
        self._thread = threading.Thread(target=self._run, name=f"inspector-{self.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def started(self) -> bool:
        return self._thread.ident is not None

    @property
    def alive(self) -> bool:
        """False once the camera has ended or failed, or the daemon stops."""
        return self._thread.is_alive()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    @property
    def broke_off(self) -> bool:
        """Whether the thread ended by an error that nobody foresaw; its traceback is on standard error."""
        return self.started and not self.alive and not self._finished

    @property
    def dropped(self) -> int:
        """Captured frames that get no verdict: given up for newer ones, or passed over while paused."""
        return self.capture.dropped + self._passed_over

    def _run(self) -> None:
        try:
            self._follow()
        except EdgeAdError as error:
            self._fail(error)
        finally:
            self.capture.stop()
        self._finished = True

    def _follow(self) -> None:
        while not self._stopping.is_set():
            if self.paused.is_set() and not self.capture.live:
                self._stopping.wait(LOOK_S)
                continue
            frame = self.capture.next_frame(LOOK_S)
            self._watch_camera()
            if frame is not None:
                self._inspect(frame)
            elif self.capture.state is CameraState.ENDED:
                return

    def _inspect(self, frame: Frame) -> None:
        if self.paused.is_set():
            self._passed_over += 1
            return
        waited_ms = (time.monotonic_ns() - frame.captured_ns) / 1e6
        self._engine.submit(frame.pixels, lambda raw: self._finish(frame, raw, waited_ms))

    def _finish(self, frame: Frame, raw: Raw, waited_ms: float) -> None:
        """Runs in a thread of OpenVINO's, where nothing may be raised."""
        try:
            inspection = self._judge.inspect(frame, raw, waited_ms=waited_ms)
            self._publisher.publish(inspection)
            with self._counting:
                self.judged += 1
        except EdgeAdError as error:
            self._fail(error)

    def _watch_camera(self) -> None:
        """Reports when the camera was lost, when it is back and what it could not read, once each."""
        for name in self.capture.skipped[len(self.skipped) :]:
            self.skipped.append(name)
            log_event(log, "picture_skipped", level=logging.WARNING, camera=self.name, picture=name)
        state = self.capture.state
        if state is self._was or state is CameraState.OPENING:
            return
        before, self._was = self._was, state
        if state is CameraState.STALLED:
            reason = self.capture.lost_because or "no frame came"
            self._publisher.health("camera", "failed", reason, camera=self.name)
            log_event(log, "camera_lost", level=logging.WARNING, camera=self.name, reason=reason)
        elif before is CameraState.STALLED and state is CameraState.STREAMING:
            self._publisher.health("camera", "ok", "", camera=self.name)
            log_event(log, "camera_back", camera=self.name)
        elif state is CameraState.ENDED:
            log_event(log, "camera_ended", camera=self.name)
