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
from edge.verdict import Inspection

LOOK_S = 0.1  # how often a waiting inspector looks whether it should stop
log = logging.getLogger(__name__)


def unforeseen_end(what: str) -> EdgeAdError:
    """What a user reads where an error that nobody foresaw ended a part of the station."""
    return EdgeAdError(f"{what} broke off", hint="its traceback is in the log; please report it")


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
        judged: frames whose verdict was published so far, in the order in which the camera gave them.
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
        self._submitted = 0
        self._early: dict[int, Inspection] = {}  # judged before an earlier frame, by their number
        self._in_order = threading.Lock()  # several threads of OpenVINO's finish at once
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
        number = self._submitted
        if number - self.judged >= 2 * self._engine.jobs:
            self._engine.wait()  # one frame is slow: hold no more behind it
        self._submitted += 1
        waited_ms = (time.monotonic_ns() - frame.captured_ns) / 1e6
        self._engine.submit(frame.pixels, lambda raw: self._finish(number, frame, raw, waited_ms))

    def _finish(self, number: int, frame: Frame, raw: Raw, waited_ms: float) -> None:
        """Runs in a thread of OpenVINO's, where anything raised would abort the process."""
        try:
            self._publish_in_order(number, self._judge.inspect(frame, raw, waited_ms=waited_ms))
        except EdgeAdError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - nobody above could catch it; the station ends and says why
            log_event(log, "inspection_broke_off", level=logging.ERROR, camera=self.name, error=error)
            self._fail(unforeseen_end(f"inspection of camera {self.name}"))

    def _publish_in_order(self, number: int, inspection: Inspection) -> None:
        """Requests finish in any order; alarms need a camera's frames in theirs."""
        with self._in_order:
            self._early[number] = inspection
            while self.judged in self._early:
                self._publisher.publish(self._early.pop(self.judged))
                self.judged += 1

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
