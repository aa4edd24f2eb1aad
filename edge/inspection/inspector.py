"""One camera's way through the daemon: frame, verdict, publisher. One direction, no way back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from edge.cameras.capture import CameraState, Capture
from edge.errors import CameraError, EdgeAdError, UsageError
from edge.frame import Frame
from edge.health.stage import Stage
from edge.inspection.camera_watch import CameraWatch
from edge.inspection.examination import Examination, Examined, Taken
from edge.inspection.frame_tap import FrameTap
from edge.inspection.gauge import Gauge
from edge.inspection.snapshots import Snapshots
from edge.inspection.trigger import Ask, Trigger
from edge.inspection.turns import Turns
from edge.messaging.publisher import Publisher

LOOK_S = 0.1  # how often a waiting lane looks whether it should stop
AHEAD = 2  # verdicts of each lane that may wait for an earlier frame's


def unforeseen_end(what: str) -> EdgeAdError:
    """What a user reads where an error that nobody foresaw ended a part of the station."""
    return EdgeAdError(f"{what} broke off", hint="its traceback is in the log; please report it")


class Inspector:
    """Takes one camera's frames, examines them and publishes the outcome, in one or more lanes.

    A lane is a thread that takes a frame all the way: it waits for a frame, then for its turn, and only then takes
    the newest frame. While one lane waits for the device, another prepares the next frame or publishes the last
    one. While ``paused`` is set nothing is judged: frames of a live camera pass by, pictures on disk wait.

    Args:
        capture: the camera, started.
        examination: gives the verdicts.
        watch: is told what happens to the camera.
        turns: shared by the cameras of a device.
        publisher: takes the inspections.
        trigger: for a camera that judges only the parts it is asked about.
        lanes: frames under way at once.
        fail: called with the error that ends this camera.
        stopping: set when the daemon wants to end.

    Attributes:
        judged: frames whose verdict was published so far, in the order in which the camera gave them.
        stages: what each lane is at.
        tap: gives copies of frames to who waits for some.
    """

    def __init__(
        self,
        capture: Capture,
        examination: Examination,
        watch: CameraWatch,
        turns: Turns,
        publisher: Publisher,
        *,
        trigger: Trigger | None = None,
        lanes: int = 1,
        fail: Callable[[EdgeAdError], None],
        stopping: threading.Event,
    ) -> None:
        self.capture = capture
        self.watch = watch
        self.trigger = trigger
        self.name = capture.options.name
        self.paused = threading.Event()
        self.snapshots = Snapshots()
        self.tap = FrameTap()
        self.judged = 0
        self._examination = examination
        self._turns = turns
        self._publisher = publisher
        self._fail = fail
        self._stopping = stopping
        self._passed_over = 0
        self._taken = 0
        self._one_takes = threading.Lock()
        self._in_order = threading.Condition()
        self._early: dict[int, tuple[Examined, Ask | None]] = {}  # ready before an earlier frame, by number
        self._in_any_order = False  # at the end, when a verdict counts for more than its place
        self._ended = 0
        self.stages = [Stage(f"camera {self.name}, lane {lane}") for lane in range(lanes)]
        self._lanes = [
            threading.Thread(target=self._run, args=(stage,), name=f"inspector-{self.name}-{lane}", daemon=True)
            for lane, stage in enumerate(self.stages)
        ]

    def start(self) -> None:
        for lane in self._lanes:
            lane.start()

    @property
    def threshold(self) -> float:
        """The raw score above which its parts are anomalous."""
        return self._examination.threshold

    @property
    def gauge(self) -> Gauge:
        """What its parts are measured with."""
        return self._examination.gauge

    def change(self, gauge: Gauge) -> None:
        """Measures from the next frame on with another gauge."""
        self._examination.change(gauge)

    @property
    def each_frame_is_a_part(self) -> bool:
        """Whether two frames that are judged never show the same part at rest."""
        return self.trigger is not None or self.capture.options.triggered or not self.capture.live

    @property
    def started(self) -> bool:
        return self._lanes[0].ident is not None

    @property
    def alive(self) -> bool:
        """False once the camera has ended or failed, or the daemon stops."""
        return any(lane.is_alive() for lane in self._lanes)

    def join(self, timeout_s: float) -> None:
        """Waits for the lanes; what was judged behind the frame of one that does not come is published then."""
        deadline_s = time.monotonic() + timeout_s
        for lane in self._lanes:
            lane.join(max(0.0, deadline_s - time.monotonic()))
        if self._early:  # in a thread: where the disk hangs, the publisher's close says so, and must be reached
            rest = threading.Thread(target=self._publish_rest, name=f"inspector-{self.name}-rest", daemon=True)
            rest.start()
            rest.join(LOOK_S)

    @property
    def broke_off(self) -> bool:
        """Whether a lane ended by an error that nobody foresaw; its traceback is on standard error."""
        dead = sum(lane.ident is not None and not lane.is_alive() for lane in self._lanes)
        return dead > self._ended

    @property
    def unfinished(self) -> int:
        """Frames that were taken and whose verdict is not published, or not yet."""
        return self._taken - self.judged

    @property
    def dropped(self) -> int:
        """Captured frames without a verdict: given up for newer ones, passed by while paused or not asked for."""
        return self.capture.dropped + self._passed_over

    def look(self) -> None:
        """Says what happened to the camera; call it several times a second, whatever the lanes do."""
        self.watch.look(paused=self.paused.is_set())

    def pause(self) -> None:
        """Judges nothing more; a part that waits for its frame is told so."""
        self.paused.set()
        if self.trigger is not None:
            self.trigger.refuse(CameraError(f"camera {self.name} is paused"))
        self.look()

    def resume(self) -> None:
        """Judges again."""
        self.paused.clear()
        self.look()

    def ask(self, ask: Ask) -> None:
        """Takes a PLC's request for the part before the camera.

        Raises:
            UsageError: this camera is not in trigger mode.
            BusyError: it works on another part.
        """
        if self.trigger is None:
            raise UsageError(
                f"camera {self.name} is not in trigger mode", hint='set mode = "trigger" in its [[cameras]] table'
            )
        self.trigger.ask(ask)

    def _run(self, stage: Stage) -> None:
        try:
            self._follow(stage)
        except EdgeAdError as error:
            if not self._stopping.is_set():  # a lane that a stop did not wait for finds the publisher closed
                self._fail(error)
        stage.end()
        with self._one_takes:
            self._ended += 1
            if self._ended == len(self._lanes):
                self.capture.stop()

    def _follow(self, stage: Stage) -> None:
        while not self._stopping.is_set():
            stage.begin("capture")
            if self.capture.state is CameraState.ENDED:
                self.watch.look()
                return
            if self._holds_back():
                self._wait_to_be_wanted()
            elif self.capture.wait_ready(LOOK_S):
                self._take_turn(stage)

    def _take_turn(self, stage: Stage) -> None:
        """Judges one frame; the lane holds none, and no slot of the camera's ring, while it waits for the next."""
        stage.begin("waiting for its turn", on_disk=True)  # a lane that has one may wait for the disk
        with self._turns.turn():
            taken = self._inspect_next(stage)
        if taken is not None and self.tap.open:
            self.tap.offer(taken.pixels, taken.frame.seq, taken.frame.captured_ns)

    def _holds_back(self) -> bool:
        """Whether pictures on disk wait, because nobody wants one now."""
        if self.capture.live or self.capture.options.fps is not None:
            return False
        return self.paused.is_set() or (self.trigger is not None and not self.trigger.busy)

    def _wait_to_be_wanted(self) -> None:
        if self.trigger is None or self.paused.is_set():
            self._stopping.wait(LOOK_S)
        else:
            self.trigger.wait(LOOK_S)

    def _inspect_next(self, stage: Stage) -> Taken | None:
        """Takes a frame and judges it; returns it unless there is none, or no part is known to lie in it."""
        stage.begin("taking a frame")
        with self._one_takes:
            frame = self.capture.take()
            if frame is None:
                return None
            taken = self._examination.take(frame)
            paused = self.paused.is_set()  # once: a request that is taken must not be thrown away
            ask = None if paused else self._asked(frame)
            if paused or (self.trigger is not None and ask is None):
                self._passed_over += 1
                return taken if self.trigger is None else None
            number, self._taken = self._taken, self._taken + 1
            if self.capture.options.triggered:
                self.watch.count_missed()
        stage.begin("inference")
        examined = self._examination.examine(taken, part_id=ask.part_id if ask else None)
        stage.begin("publishing", on_disk=True)  # where many alerts wait for the disk, so do lanes
        self._publish_in_order(number, examined, ask)
        return taken

    def _asked(self, frame: Frame) -> Ask | None:
        return self.trigger.wanted(frame, self.capture.interval_ns) if self.trigger else None

    def _publish_in_order(self, number: int, examined: Examined, ask: Ask | None) -> None:
        """Lanes finish in any order; alarms, and all that is counted, need a camera's frames in theirs."""
        with self._in_order:
            while number - self.judged >= AHEAD * len(self._lanes) and not self._stopping.is_set():
                self._in_order.wait(LOOK_S)  # one frame is slow: hold no more behind it
            self._early[number] = examined, ask
            self._publish_due()
            self._in_order.notify_all()

    def _publish_due(self) -> None:
        while self._early and (self._in_any_order or self.judged in self._early):
            examined, ask = self._early.pop(min(self._early))
            self._publish(examined, ask)
            self.judged += 1
            self._examination.settle(examined)

    def _publish_rest(self) -> None:
        with self._in_order:
            self._in_any_order = True
            while self._early:
                with suppress(EdgeAdError):  # whatever ends the camera now; the publisher's close says its own
                    self._publish_due()

    def _publish(self, examined: Examined, ask: Ask | None) -> None:
        self.watch.take_fault(examined.fault)
        late = ask is not None and time.monotonic_ns() > ask.deadline_ns
        inspection = replace(examined.inspection, late=late) if late else examined.inspection
        result = self._publisher.publish(inspection)
        if ask is not None and self.trigger is not None:
            self.trigger.done(ask, result)
        self.snapshots.show(inspection, result)
