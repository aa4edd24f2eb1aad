"""What happens to one camera, said once: lost, back, at fault, sound again, ready or busy, its parts drifted."""

from __future__ import annotations

import logging
import threading
import time

from edge.cameras.capture import CameraState, Capture
from edge.errors import CameraError
from edge.health.incident import Change, Incident
from edge.inspection.trigger import Trigger
from edge.log import log_event
from edge.messaging.messages import Condition, Readiness
from edge.messaging.publisher import Publisher

SAY_MISSED_S = 1.0  # while parts go on being missed, their number is told this often
log = logging.getLogger(__name__)


class CameraWatch:
    """Turns the states of a camera into health messages and log lines; any thread may call it.

    Args:
        capture: the camera.
        publisher: takes the health messages.
        incident: tells a fault that begins or is over from one that flickers.
        missed: the same for parts of a triggered camera that went by without a verdict.

    Attributes:
        skipped: names of pictures that could not be decoded so far.
        reconnects: how often a lost camera came back.
    """

    def __init__(self, capture: Capture, publisher: Publisher, incident: Incident, missed: Incident) -> None:
        self.skipped: list[str] = []
        self.reconnects = 0
        self._capture = capture
        self._name = capture.options.name
        self._publisher = publisher
        self._incident = incident
        self._missed = missed
        self._trigger: Trigger | None = None
        self._paused = False
        self._was = CameraState.OPENING
        self._lost = ""
        self._fault = ""
        self._missing = ""
        self._drift = ""
        self._dropped = 0
        self._missed_parts = 0
        self._say_missed_at_s = 0.0
        self._said: tuple[Condition, str, Readiness | None] = ("ok", "", None)
        self._lock = threading.RLock()

    def serve(self, trigger: Trigger) -> None:
        """From now on readiness for the trigger's requests is said too."""
        self._trigger = trigger

    @property
    def readiness(self) -> Readiness | None:
        """Whether a part may be asked about now; None for a camera without a trigger."""
        if self._trigger is None:
            return None
        if self._paused or self._capture.state is not CameraState.STREAMING:
            return "not_ready"
        return "busy" if self._trigger.busy else "ready"

    def look(self, *, paused: bool = False) -> None:
        """Notes what changed since the last look; call it several times a second."""
        with self._lock:
            self._paused = paused
            self._name_skipped()
            self._note_state()
            if self._trigger is not None:
                self._trigger.look()
        self.say()

    def take_fault(self, reason: str) -> None:
        """Takes in what a frame was found to suffer from, in the camera's order; empty for nothing."""
        with self._lock:
            change = self._incident.take(reason)
            if change is None:
                return
            began = change.kind == "began"
            self._fault = change.reason if began else ""
            event = "camera_fault" if began else "camera_fault_over"
            log_event(log, event, level=logging.WARNING, camera=self._name, reason=change.reason)
        self.say()

    def take_drift(self, reason: str) -> None:
        """Takes in what has drifted in its pictures; an empty reason means nothing."""
        with self._lock:
            before, self._drift = self._drift, reason
            if reason == before:
                return
            event = "drift" if reason else "drift_over"
            log_event(log, event, level=logging.WARNING, camera=self._name, reason=reason or before)
            self._publisher.health("drift", "degraded" if reason else "ok", reason, camera=self._name)

    def count_missed(self) -> None:
        """Notes parts of a triggered camera whose frames were given up; call it for each frame that is taken."""
        with self._lock:
            dropped = self._capture.dropped
            missed, self._dropped = dropped - self._dropped, dropped
            self._missed_parts += missed
            so_far = f"{self._missed_parts} part{'s' * (self._missed_parts > 1)} without a verdict so far"
            change = self._missed.take(so_far if missed else "")
            if missed and change is None and time.monotonic() >= self._say_missed_at_s:
                change = Change("began", so_far)
            if change is None:
                return
            began = change.kind == "began"
            self._missing = change.reason if began else ""
            if began:
                self._say_missed_at_s = time.monotonic() + SAY_MISSED_S
                log_event(log, "parts_missed", level=logging.WARNING, camera=self._name, reason=change.reason)
        self.say()

    def say(self) -> None:
        """Publishes the camera's health where it is not what was said last."""
        with self._lock:
            now = self._health()
            if now != self._said:
                self._said = now
                state, reason, trigger = now
                self._publisher.health("camera", state, reason, camera=self._name, trigger=trigger)

    def _health(self) -> tuple[Condition, str, Readiness | None]:
        if self._lost:
            return "failed", self._lost, self.readiness
        wrong = self._fault or self._missing
        return ("degraded" if wrong else "ok"), wrong, self.readiness

    def _name_skipped(self) -> None:
        for name in self._capture.skipped[len(self.skipped) :]:
            self.skipped.append(name)
            log_event(log, "picture_skipped", level=logging.WARNING, camera=self._name, picture=name)

    def _note_state(self) -> None:
        state = self._capture.state
        if state is self._was or state is CameraState.OPENING:
            return
        before, self._was = self._was, state
        if state is CameraState.STALLED:
            self._lost = self._capture.lost_because or "no frame came"
            log_event(log, "camera_lost", level=logging.WARNING, camera=self._name, reason=self._lost)
            if self._trigger is not None:
                self._trigger.refuse(CameraError(f"camera {self._name} is lost: {self._lost}"))
        elif before is CameraState.STALLED and state is CameraState.STREAMING:
            self._lost = ""
            self.reconnects += 1
            log_event(log, "camera_back", camera=self._name)
        elif state is CameraState.ENDED:
            log_event(log, "camera_ended", camera=self._name)
