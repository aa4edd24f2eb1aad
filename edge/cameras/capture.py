"""A camera as the daemon sees it: frames from a process that may hang, die, or lose its camera."""

from __future__ import annotations

import math
import time

from edge.cameras.board import CameraState
from edge.cameras.child import CaptureProcess
from edge.cameras.choose import source_for
from edge.cameras.options import CameraOptions
from edge.cameras.ring import RingFrame
from edge.errors import CameraError
from edge.frame import Frame

__all__ = ["CameraState", "Capture"]

LOOK_S = 0.1
LEAST_RING_FRAMES = 3


class Capture:
    """Captures in a process of its own, because only a kill surely ends a hung driver.

    A lost live camera is opened again by that process; a process that hangs or dies is replaced from inside
    ``next_frame``, so call it often. One thread uses a capture; any may ask for its state and counts. As a context
    manager it starts and stops.

    Args:
        options: the camera.
        ring_frames: frames in shared memory, at least 3; two always stay with the capture process, so up to
            ``ring_frames - 2`` frames that are kept cost no copy.

    Attributes:
        live: whether the world sets the pace; False for files.

    Raises:
        CameraError, UsageError: the source cannot be understood or is a file that does not exist.
    """

    def __init__(self, options: CameraOptions, *, ring_frames: int = 4) -> None:
        if not LEAST_RING_FRAMES <= ring_frames <= 255:
            raise ValueError(f"ring_frames is {ring_frames}; {LEAST_RING_FRAMES} to 255 are possible")
        self.options = options
        self._ring_frames = ring_frames
        self.live = source_for(options).live
        self._newest = self.live or options.fps is not None
        self._process: CaptureProcess | None = None
        self._ended = False
        self._retry_s = options.retry_first_s
        self._respawn_at_s = 0.0
        self._skipped: dict[str, None] = {}
        self._lost = ""
        self._before = 0  # frames captured by processes that are gone
        self._handed = 0
        self._handed_before = 0
        self._dropped_here = 0  # given up by this side for newer ones, of the present process

    def start(self) -> None:
        """Starts the capture process and returns at once."""
        if self._process is None:
            self._ended = False
            self._spawn()

    def wait_until_open(self, timeout_s: float = math.inf) -> bool:
        """Waits for the first picture; False where none came in time.

        Raises:
            CameraError, PictureError: the camera cannot be opened or gives no picture.
        """
        deadline_s = time.monotonic() + timeout_s
        while self.state is CameraState.OPENING:
            process = self._running()
            self._supervise(process)
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            process.wait(min(left_s, LOOK_S))
        return True

    def next_frame(self, timeout_s: float) -> Frame | None:
        """Waits for a frame: the newest one, or, of a file source without ``fps``, the next one.

        The pixels are shared memory without a copy while few frames are kept, and a copy beyond that; they
        stay valid and unchanged for as long as the caller keeps the frame.

        Returns:
            None after ``timeout_s`` seconds without a new frame, and at once when the camera has ended.

        Raises:
            CameraError, PictureError: a file source cannot go on, or a live camera never opened.
        """
        deadline_s = time.monotonic() + timeout_s
        while True:
            process = self._running()
            ring_frame, dropped = process.ring.take(newest=self._newest)
            self._dropped_here += dropped
            if ring_frame is not None:
                return self._hand_out(ring_frame)
            if self.state is CameraState.ENDED:
                return None
            self._supervise(process)
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return None
            self._running().wait(min(left_s, LOOK_S))

    def stop(self) -> None:
        """Ends the capture process within half a second and frees its memory; may be called twice."""
        if self._process is not None:
            self._ended = self.state is CameraState.ENDED
            self._retire(self._process)
            self._process = None

    def __enter__(self) -> Capture:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def state(self) -> CameraState:
        """``ended`` only once all frames of a file source were handed out."""
        process = self._process
        if process is None:
            return CameraState.ENDED if self._ended else CameraState.CLOSED
        state = process.board.state
        if state is CameraState.ENDED and process.ring.waiting():
            return CameraState.STREAMING
        return state

    @property
    def captured(self) -> int:
        """Frames that came from the camera since ``start``, those that were dropped included."""
        process = self._process  # once: other threads ask for numbers while this one stops
        return self._before + (self._captured_by(process) if process else 0)

    @property
    def dropped(self) -> int:
        """Frames given up for newer ones. Captured = handed out + dropped + waiting in the ring."""
        process = self._process
        lost_before = self._before - self._handed_before
        return lost_before + self._dropped_here + (process.board.dropped if process else 0)

    @property
    def skipped(self) -> tuple[str, ...]:
        """Names of the pictures of a folder that could not be decoded."""
        self._hear()
        return tuple(self._skipped)

    @property
    def lost_because(self) -> str:
        """Why a live camera was lost last, one line; empty if it never was."""
        self._hear()
        return self._lost

    @property
    def process_id(self) -> int | None:
        """The capture process, None when there is none."""
        process = self._process
        return process.pid if process else None

    def _hand_out(self, taken: RingFrame) -> Frame:
        self._handed += 1
        self._retry_s = self.options.retry_first_s
        return Frame(self.options.name, taken.seq, taken.pixels, taken.captured_ns, taken.picture)

    def _running(self) -> CaptureProcess:
        if self._process is None:
            raise CameraError(f"camera {self.options.name} is not started", hint="call start() first")
        return self._process

    def _spawn(self) -> None:
        self._process = CaptureProcess(
            self.options, ring_frames=self._ring_frames, first_seq=self._before, reopening=self._before > 0
        )

    def _supervise(self, process: CaptureProcess) -> None:
        """Replaces a process that hangs or died; raises what it said where it gave up."""
        hung = process.hangs()
        if not hung and process.alive():
            self._hear()
            return
        if hung:
            process.kill()
        self._hear()
        if process.failed is not None:
            raise process.failed
        if process.board.state is CameraState.ENDED:
            return
        reason = "made no progress and was killed" if hung else f"died ({process.exit_code()})"
        if not self.live or self.captured == 0:
            raise CameraError(
                f"capture of camera {self.options.name} {reason}",
                hint="'edge-ad --debug' shows what its driver says",
            )
        process.lost = f"capture process {reason}"
        process.board.state = CameraState.STALLED
        self._replace(process)

    def _replace(self, process: CaptureProcess) -> None:
        now_s = time.monotonic()
        if now_s < self._respawn_at_s:
            return
        self._respawn_at_s = now_s + self._retry_s
        self._retry_s = min(2 * self._retry_s, self.options.retry_most_s)
        self._retire(process)
        self._spawn()

    def _retire(self, process: CaptureProcess) -> None:
        process.end()
        self._hear()
        self._before += self._captured_by(process)
        self._handed_before = self._handed
        self._dropped_here = 0

    def _captured_by(self, process: CaptureProcess) -> int:
        # A process ended between handing over a frame and counting it leaves its own count one short.
        handed_here = self._handed - self._handed_before
        return max(process.board.captured, handed_here + self._dropped_here + process.board.dropped)

    def _hear(self) -> None:
        if self._process is not None:
            self._process.listen()
            self._skipped |= dict.fromkeys(self._process.skipped)
            self._lost = self._process.lost or self._lost
