"""A camera as the daemon sees it: frames from a process that may hang, die, or lose its camera."""

from __future__ import annotations

import math
import threading
import time

from edge.cameras.board import CameraState
from edge.cameras.child import CaptureProcess
from edge.cameras.choose import source_for
from edge.cameras.options import CameraOptions
from edge.cameras.ring import Keep, RingFrame
from edge.errors import CameraError
from edge.frame import Frame

__all__ = ["CameraState", "Capture"]

LOOK_S = 0.1
RING_FRAMES = {Keep.NEWEST: 6, Keep.LATEST: 8, Keep.ALL: 6}  # three lanes hold one each; unused ones cost nothing
LEAST_RING_FRAMES, MOST_RING_FRAMES = 3, 200


class Capture:
    """Captures in a process of its own, because only a kill surely ends a hung driver.

    A lost live camera is opened again by that process; a process that hangs or dies is replaced from inside
    ``wait_ready``, ``take`` and ``next_frame``, so call them often. Any thread may use a capture. As a context
    manager it starts and stops.

    Args:
        options: the camera.
        ring_frames: frames in shared memory, 3 to 200; 8 for a triggered camera and else 6 if not given. Two
            always stay with the capture process, so up to ``ring_frames - 2`` frames that are kept cost no copy.

    Attributes:
        live: whether the world sets the pace; False for files.

    Raises:
        CameraError, UsageError: the source cannot be understood or is a file that does not exist.
    """

    def __init__(self, options: CameraOptions, *, ring_frames: int | None = None) -> None:
        self.options = options
        self.live = source_for(options).live
        self._keep = _keep(options, live=self.live)
        self._ring_frames = RING_FRAMES[self._keep] if ring_frames is None else ring_frames
        if not LEAST_RING_FRAMES <= self._ring_frames <= MOST_RING_FRAMES:
            raise ValueError(
                f"ring_frames is {ring_frames}; {LEAST_RING_FRAMES} to {MOST_RING_FRAMES} are possible"
            )
        self._lock = threading.RLock()  # never held while waiting for a frame
        self._process: CaptureProcess | None = None
        self._stopped = False
        self._ended = False
        self._retry_s = options.retry_first_s
        self._respawn_at_s = 0.0
        self._skipped: dict[str, None] = {}
        self._lost = ""
        self._interval_ns = 0
        self._before = 0  # frames captured by processes that are gone
        self._handed = 0
        self._handed_before = 0
        self._dropped_here = 0  # given up by this side for newer ones, of the present process

    def start(self) -> None:
        """Starts the capture process and returns at once."""
        with self._lock:
            if self._process is None:
                self._stopped = self._ended = False
                self._spawn(reopening=False)

    def wait_until_open(self, timeout_s: float = math.inf) -> bool:
        """Waits for the first picture, or until a triggered camera is open; False where that took longer.

        Raises:
            CameraError, PictureError: the camera cannot be opened or gives no picture.
        """
        deadline_s = time.monotonic() + timeout_s
        while self.state is CameraState.OPENING:
            with self._lock:
                self._supervise(self._running())
                process = self._running()
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            process.wait(min(left_s, LOOK_S))
        return True

    def try_again(self, why: CameraError) -> None:
        """Goes on trying to open a live camera that did not open at first; until then it is lost."""
        with self._lock:
            self._retire(self._running())
            self._spawn(reopening=True)
            self._lost = str(why)

    def wait_ready(self, timeout_s: float) -> bool:
        """Waits until ``take`` has something to say: a frame is there, or the camera has ended or was stopped.

        Several threads may wait; all return when a frame comes, and one of them gets it.

        Returns:
            False after ``timeout_s`` seconds without a frame.

        Raises:
            CameraError, PictureError: a file source cannot go on, or a live camera never opened.
        """
        deadline_s = time.monotonic() + timeout_s
        while True:
            with self._lock:
                if self._over():
                    return True
                process = self._running()
                if process.ring.waiting():
                    return True
                self._supervise(process)
                process = self._running()
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            process.wait(min(left_s, LOOK_S))

    def take(self) -> Frame | None:
        """Takes a frame without waiting: the newest, or, of files without ``fps`` and triggered cameras, the next.

        The pixels are shared memory without a copy while few frames are kept, and a copy beyond that; they
        stay valid and unchanged for as long as the caller keeps the frame.

        Returns:
            None where there is none, or the camera has ended or was stopped.

        Raises:
            CameraError, PictureError: a file source cannot go on, or a live camera never opened.
        """
        with self._lock:
            if self._stopped:
                return None
            process = self._running()
            ring_frame, dropped = process.ring.take(newest=self._keep is Keep.NEWEST)
            self._dropped_here += dropped
            if ring_frame is not None:
                return self._hand_out(ring_frame)
            if not self._over():
                self._supervise(process)
            return None

    def next_frame(self, timeout_s: float) -> Frame | None:
        """Waits for a frame and takes it.

        Returns:
            None after ``timeout_s`` seconds without a frame, and at once when the camera has ended or was stopped.

        Raises:
            CameraError, PictureError: as ``take``.
        """
        deadline_s = time.monotonic() + timeout_s
        while self.wait_ready(max(0.0, deadline_s - time.monotonic())):
            frame = self.take()
            if frame is not None or self._over():
                return frame
        return None

    def stop(self) -> None:
        """Ends the capture process within half a second and frees its memory; may be called twice."""
        with self._lock:
            if self._process is not None:
                self._ended = self.state is CameraState.ENDED
                self._retire(self._process)
                self._process = None
                self._stopped = True

    def __enter__(self) -> Capture:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def state(self) -> CameraState:
        """``ended`` only once all frames of a file source were handed out."""
        with self._lock:
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
        with self._lock:
            return self._before + (self._captured_by(self._process) if self._process else 0)

    @property
    def dropped(self) -> int:
        """Frames given up for newer ones. Captured = handed out + dropped + waiting in the ring."""
        with self._lock:
            lost_before = self._before - self._handed_before
            return lost_before + self._dropped_here + (self._process.board.dropped if self._process else 0)

    @property
    def interval_ns(self) -> int:
        """Nanoseconds between two frames of the camera, dropped ones included: the longest of the last 8 times.

        0 before the second frame. Time without the camera does not count.
        """
        with self._lock:
            if self._process is not None:
                self._interval_ns = self._process.board.interval_ns or self._interval_ns
            return self._interval_ns

    @property
    def skipped(self) -> tuple[str, ...]:
        """Names of the pictures of a folder that could not be decoded."""
        with self._lock:
            self._hear()
            return tuple(self._skipped)

    @property
    def lost_because(self) -> str:
        """Why a live camera was lost last, one line; empty if it never was."""
        with self._lock:
            self._hear()
            return self._lost

    @property
    def process_id(self) -> int | None:
        """The capture process, None when there is none."""
        process = self._process
        return process.pid if process else None

    def _over(self) -> bool:
        return self._stopped or self.state is CameraState.ENDED

    def _hand_out(self, taken: RingFrame) -> Frame:
        self._handed += 1
        self._retry_s = self.options.retry_first_s
        return Frame(
            camera=self.options.name,
            seq=taken.seq,
            pixels=taken.pixels,
            captured_ns=taken.captured_ns,
            picture=taken.picture,
            fault=taken.fault,
            held_ns=taken.held_ns,
        )

    def _running(self) -> CaptureProcess:
        if self._process is None:
            raise CameraError(f"camera {self.options.name} is not started", hint="call start() first")
        return self._process

    def _spawn(self, *, reopening: bool) -> None:
        self._process = CaptureProcess(
            self.options,
            keep=self._keep,
            ring_frames=self._ring_frames,
            first_seq=self._before,
            reopening=reopening,
        )

    def _supervise(self, process: CaptureProcess) -> None:
        """Replaces a process that hangs or died; raises what it said where it gave up."""
        hung = process.hangs()
        if hung:
            process.kill()
        alive = process.alive()  # before it is heard, so that one that has ended is heard to the end
        self._hear()
        if process.failed is not None:
            raise process.failed
        if alive and not hung:
            return
        if process.board.state is CameraState.ENDED:
            return
        how = "" if process.exit_code is None else f" ({process.exit_code})"
        reason = "made no progress and was killed" if hung else f"died{how}"
        if not self.live or process.board.state is CameraState.OPENING:
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
        self._spawn(reopening=True)

    def _retire(self, process: CaptureProcess) -> None:
        process.end()
        self._hear()
        self._interval_ns = process.board.interval_ns or self._interval_ns
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


def _keep(options: CameraOptions, *, live: bool) -> Keep:
    paced = live or options.fps is not None
    if paced and options.triggered:
        return Keep.LATEST  # each picture is a part
    return Keep.NEWEST if paced else Keep.ALL
