"""What the capture process does: open the camera, read it, and open it again when it was lost."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from edge.cameras.board import Board, CameraState
from edge.cameras.job import Job
from edge.cameras.rhythm import Rhythm
from edge.cameras.ring import Keep, RingWriter
from edge.cameras.source import Shot, Source
from edge.errors import CameraError, CameraSilentError, EdgeAdError

LOOK_S = 0.1
ASK_S = 0.3  # between two looks whether a lost camera can be reached
ASK_LIMIT_S = 1.0

Say = Callable[[str, EdgeAdError | str], None]


class CaptureLoop:
    """Opens, reads, publishes; opens a lost live camera again.

    Args:
        job: the camera and its first frame's number.
        source: the camera's source.
        ring: takes the frames.
        board: shows where it is.
        say: tells the parent; kinds are ``lost`` and ``skipped``.
        stop: set when it should end.
    """

    def __init__(
        self, job: Job, source: Source, ring: RingWriter, board: Board, *, say: Say, stop: threading.Event
    ) -> None:
        self._options = job.options
        self._source = source
        self._board = board
        self._keep = job.keep
        self._ring = ring
        self._seq = job.first_seq
        self._stop = stop
        self._opened = job.reopening
        self._pace = Pace(None if source.live else job.options.fps)
        self._rhythm = Rhythm()
        self._in_rhythm = source.live and not job.options.triggered  # else no pace tells a frame's age
        self._say = say
        self._said_skipped = 0

    def run(self) -> None:
        """Returns at the end of a file source or when asked to stop. Raises EdgeAdError when it cannot go on."""
        retry_s = self._options.retry_first_s
        while not self._stop.is_set():
            seq = self._seq
            try:
                self._stream()
                return
            except CameraError as error:
                if not (self._source.live and self._opened):
                    raise
                self._board.state = CameraState.STALLED
                self._say("lost", error)
                mute = isinstance(error, CameraSilentError)
            finally:
                self._source.close()
            if self._seq > seq or mute:  # one that is mute makes each attempt long enough
                retry_s = self._options.retry_first_s
            if self._pause(retry_s):
                retry_s = self._options.retry_first_s
            else:
                retry_s = min(2 * retry_s, self._options.retry_most_s)

    def _stream(self) -> None:
        options = self._options
        self._beat(options.open_timeout_s)
        self._source.open()
        if options.triggered and not self._opened:
            self._board.state = CameraState.STREAMING  # its first picture may be hours away
            self._opened = True
        self._rhythm.interrupt()
        # The first picture may be slower than the others, and a file may be large.
        self._beat(options.open_timeout_s)
        while not self._stop.is_set():
            shot = self._read()
            self._name_skipped()
            if shot is None:
                self._board.state = CameraState.ENDED
                return
            self._publish(shot)
            self._sleep_until(self._pace.due(time.monotonic()))
            self._beat(math.ceil(options.read_timeout_s) if self._source.live else options.open_timeout_s)

    def _read(self) -> Shot | None:
        while True:
            try:
                return self._source.read()
            except CameraSilentError:
                if not self._options.triggered or self._stop.is_set():
                    raise
            self._board.state = CameraState.STREAMING  # it is there, and waits for its trigger
            self._beat(self._options.open_timeout_s)  # it may have to connect again

    def _publish(self, shot: Shot) -> None:
        self._board.state = CameraState.STREAMING  # first: no frame comes from a stalled camera
        held_ns = self._rhythm.held_ns(shot.captured_ns)
        self._board.interval_ns = self._rhythm.interval_ns
        held_ns = held_ns if self._in_rhythm else 0
        put, dropped = self._put(shot, held_ns)
        while not put and self._keep is Keep.ALL and not self._stop.is_set():
            self._beat(LOOK_S)
            self._ring.wait_for_room(LOOK_S)
            put, dropped = self._put(shot, held_ns)
        self._board.captured += 1
        self._board.dropped += dropped if put else 1
        self._seq += 1
        self._opened = True

    def _put(self, shot: Shot, held_ns: int | None) -> tuple[bool, int]:
        try:
            return self._ring.put(shot, self._seq, held_ns)
        except OSError as error:
            height, width = shot.pixels.shape[:2]
            raise CameraError(
                f"no memory for frames of {width}x{height}: {error.strerror}",
                hint="ask the camera for a smaller size",
            ) from error

    def _pause(self, pause_s: float) -> bool:
        """Waits before the next attempt; a camera that cannot be reached is not tried before it can be.

        Returns:
            whether it could not be reached and now can.
        """
        due_s = time.monotonic() + pause_s
        gone = False
        while not self._stop.wait(ASK_S if gone else min(ASK_S, max(0.0, due_s - time.monotonic()))):
            self._beat(ASK_LIMIT_S)
            reachable = self._source.reachable()
            if reachable and gone:
                return True
            gone = not reachable
            if reachable and time.monotonic() >= due_s:
                return False
        return False

    def _name_skipped(self) -> None:
        for name in self._source.skipped[self._said_skipped :]:
            self._say("skipped", name)
            self._said_skipped += 1

    def _sleep_until(self, due_s: float) -> None:
        while not self._stop.is_set() and (left_s := due_s - time.monotonic()) > 0:
            self._beat(LOOK_S)
            self._stop.wait(min(left_s, LOOK_S))

    def _beat(self, allowed_s: float) -> None:
        self._board.allowed_ms = round(allowed_s * 1000)
        self._board.beat += 1


class Pace:
    """Even steps for a file source that plays at ``fps``; no burst after a delay."""

    def __init__(self, fps: float | None) -> None:
        self._step_s = 1 / fps if fps else 0.0
        self._due_s: float | None = None

    def due(self, now_s: float) -> float:
        """When the next picture is due, given that one was published at ``now_s`` (monotonic, seconds)."""
        since_s = now_s if self._due_s is None else self._due_s
        self._due_s = max(since_s + self._step_s, now_s)
        return self._due_s
