"""Guided collection: takes pictures of good parts from a camera until there are enough, and says what is wrong."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from edge.area import AreaPlan
from edge.cameras.board import CameraState
from edge.collecting.advice import QUIET_S, Advice
from edge.collecting.collection import LOOK_S, Pacing
from edge.collecting.frames import Frames
from edge.collecting.live_sieve import Decision, LiveSieve
from edge.collecting.refusal import Refusal
from edge.errors import CameraError, TeachingError
from edge.frame import Frame
from edge.pictures import Picture

NO_FRAME = "no frame comes: is the camera connected, and is it not paused?"
Keep = Callable[[Picture], bool]


@dataclass(slots=True)
class Taken:
    """What was taken so far.

    Attributes:
        wanted: how many pictures are wanted.
        count: how many there are, those of earlier runs included.
        refused: how many were not kept, by reason.
        advice: what a person can do now.
        camera_lost: why no frames come, where the camera says it; empty while they do.
        framed_s: monotonic clock of the last frame.
    """

    wanted: int
    count: int = 0
    refused: Counter[Refusal] = field(default_factory=Counter)
    advice: Advice = field(default_factory=Advice)
    camera_lost: str = ""
    framed_s: float = field(default_factory=time.monotonic)

    @property
    def missing(self) -> int:
        return max(0, self.wanted - self.count)

    @property
    def what_to_do(self) -> str:
        """One line; empty while all goes well."""
        if self.camera_lost:
            return f"the camera is lost: {self.camera_lost}"
        return NO_FRAME if time.monotonic() - self.framed_s > QUIET_S else self.advice.text


class Guide:
    """Takes pictures from one camera.

    Args:
        frames: the camera.
        sieve: says which pictures to keep; it knows those of earlier runs.
        plan: what of a frame is inspected; the box around it is kept.
        keep: takes a picture (uint8 [H, W, 3] BGR, cut); it is on disk when this returns. False: it was there.
        pacing: least time between two pictures, and how long to go on while none can be kept.
    """

    def __init__(self, frames: Frames, sieve: LiveSieve, plan: AreaPlan, keep: Keep, pacing: Pacing) -> None:
        self._frames = frames
        self._sieve = sieve
        self._plan = plan
        self._keep = keep
        self._pacing = pacing
        self._kept_ns = 0

    def collect(self, taken: Taken, show: Callable[[Taken], None]) -> None:
        """Fills ``taken``; calls ``show`` after every look. Ends early where the camera's files end.

        Raises:
            TeachingError: for ``give_up_after_s`` no picture could be kept; those that were are kept.
            CameraError, PictureError: the camera cannot go on, or a picture cannot be written.
        """
        while taken.missing > 0 and self._frames.state is not CameraState.ENDED:
            frame = self._frames.next_frame(LOOK_S)
            taken.camera_lost = self._lost()
            if frame is not None:
                taken.framed_s = time.monotonic()
            if frame is not None and self._due(frame):
                for decision in self._sieve.look(self._cut(frame)):
                    self._take(decision, taken)
            self._give_up(taken)
            show(taken)
        for decision in self._sieve.release():
            self._take(decision, taken)
        show(taken)

    def _due(self, frame: Frame) -> bool:
        return frame.captured_ns - self._kept_ns >= self._pacing.interval_s * 1e9

    def _cut(self, frame: Frame) -> Frame:
        if frame.fault:
            return frame
        return replace(frame, pixels=self._plan.area(*frame.pixels.shape[:2]).cut(frame.pixels))

    def _take(self, decision: Decision, taken: Taken) -> None:
        refusal, frame = decision.refusal, decision.frame
        if refusal is None and taken.missing == 0:
            return
        if refusal is None and not self._keep(frame.pixels):
            refusal = Refusal.SEEN
        taken.advice.take(refusal)
        if refusal is not None:
            taken.refused[refusal] += 1
            return
        self._kept_ns = frame.captured_ns
        taken.count += 1

    def _lost(self) -> str:
        if self._frames.state is CameraState.STALLED:
            return self._frames.lost_because or "no frame came"
        return ""

    def _give_up(self, taken: Taken) -> None:
        quiet_s = taken.advice.quiet_s
        if quiet_s <= self._pacing.give_up_after_s or taken.missing == 0:
            return
        if taken.camera_lost:
            raise CameraError(
                f"no picture for {quiet_s:.0f} s, the camera is lost: {taken.camera_lost}", hint=go_on(taken)
            )
        why = taken.advice.now or NO_FRAME
        raise TeachingError(f"no picture could be kept for {quiet_s:.0f} s: {why}", hint=go_on(taken))


def go_on(taken: Taken) -> str:
    """How many pictures are still needed, and how to take them."""
    return f"{taken.missing} more are needed, {taken.count} of {taken.wanted} are kept: the same command goes on"
