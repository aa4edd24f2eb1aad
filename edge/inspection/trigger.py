"""One part at a time: a PLC asks for the verdict of exactly the part that lies before the camera now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge.errors import BusyError, EdgeAdError
from edge.frame import Frame
from edge.messaging.messages import Result

Answer = Callable[[Result | EdgeAdError], None]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for one part's verdict.

    Attributes:
        part_id: the part, as the PLC names it.
        asked_ns: monotonic time of the request.
        deadline_ns: monotonic time after which the PLC no longer listens.
        answer: takes the verdict, or why there is none.
    """

    part_id: str
    asked_ns: int
    deadline_ns: int
    answer: Answer


class Trigger:
    """What one camera was asked; any thread may call it.

    A frame answers a request if it was exposed after it, never an older one: a part that has just been placed is
    not in it. When a frame was exposed is not known, only when it reached this computer; so the time from
    exposure to arrival is taken off, and where that is not known, a whole interval between two frames. A frame
    that did not come in the camera's rhythm may have waited in a buffer, and answers nothing.

    Args:
        exposure_lag_ms: from the beginning of an exposure to the frame's arrival; None if unknown.
        waits: the camera's pictures have no time of their own, because they wait on disk to be read.
        changed: called when the camera becomes busy or ready, with the lock not held.
    """

    def __init__(self, *, exposure_lag_ms: float | None, waits: bool, changed: Callable[[], None]) -> None:
        self._lag_ns = None if exposure_lag_ms is None else round(exposure_lag_ms * 1e6)
        self._waits = waits
        self._changed = changed
        self._lock = threading.Lock()
        self._ask: Ask | None = None
        self._taken = False
        self._came = threading.Event()

    @property
    def busy(self) -> bool:
        """Whether a part is being inspected."""
        return self._ask is not None

    def ask(self, ask: Ask) -> None:
        """Takes a request.

        Raises:
            BusyError: the camera works on another part.
        """
        with self._lock:
            self._give_up_late()
            if self._ask is not None:
                raise BusyError(
                    f"still inspecting part {self._ask.part_id!r}",
                    hint="wait for its verdict before the next part",
                )
            self._ask, self._taken = ask, False
            self._came.set()
        self._changed()

    def wanted(self, frame: Frame, interval_ns: int) -> Ask | None:
        """The request that this frame answers; None where the frame is nobody's.

        Args:
            frame: the newest of the camera.
            interval_ns: between the last two frames of the camera; 0 where it is not known.
        """
        with self._lock:
            gave_up = self._give_up_late()
            ask = self._ask
            wanted = ask is not None and not self._taken and self._exposed_after(ask, frame, interval_ns)
            self._taken = self._taken or wanted
        if gave_up:
            self._changed()
        return ask if wanted else None

    def done(self, ask: Ask, outcome: Result | EdgeAdError) -> None:
        """Hands the verdict of a request to whoever asked; the camera is ready for the next part."""
        with self._lock:
            if self._ask is not ask:
                return
            self._end()
        self._changed()
        ask.answer(outcome)

    def refuse(self, error: EdgeAdError) -> None:
        """Ends the request that waits for a frame, if any: none will come."""
        with self._lock:
            ask = self._ask
            if ask is None or self._taken:
                return
            self._end()
        self._changed()
        ask.answer(error)

    def look(self) -> None:
        """Gives up a request whose time has passed without a frame; call it now and then."""
        with self._lock:
            gave_up = self._give_up_late()
        if gave_up:
            self._changed()

    def wait(self, timeout_s: float) -> None:
        """Returns when a request is there, or after the timeout."""
        self._came.wait(timeout_s)

    def _give_up_late(self) -> bool:
        if self._ask is None or self._taken or time.monotonic_ns() <= self._ask.deadline_ns:
            return False
        self._end()
        return True

    def _end(self) -> None:
        self._ask = None
        self._came.clear()

    def _exposed_after(self, ask: Ask, frame: Frame, interval_ns: int) -> bool:
        if self._waits:
            return True
        lag_ns = interval_ns if self._lag_ns is None else self._lag_ns
        if frame.held_ns is None or (self._lag_ns is None and not interval_ns):
            return False
        return frame.captured_ns - frame.held_ns - lag_ns >= ask.asked_ns
