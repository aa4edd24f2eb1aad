"""The parent's handle on one capture process: start it, listen to it, see whether it hangs, end it."""

from __future__ import annotations

import json
import math
import os
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from edge import errors
from edge.cameras.board import CameraState, create_board, map_board
from edge.cameras.job import GRACE_S, Job
from edge.cameras.options import CameraOptions
from edge.cameras.ring import Keep, RingReader, create_ring
from edge.errors import EdgeAdError

START_LIMIT_S = 20.0  # interpreter and imports on a busy small computer
LOOK_LIMIT_S = 0.25
KILL_LIMIT_S = 0.5
PICTURE_BYTES = 1 << 20  # memory of pictures goes back to the system at once, it is not kept for the next one
ERRORS: dict[str, type[EdgeAdError]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, EdgeAdError)
}


class CaptureProcess:
    """One run of ``edge.cameras.process`` with a board and a ring of its own.

    The child is a fresh interpreter rather than a ``multiprocessing`` one: that would import the parent's main
    module, so the whole command line, and would need a third process to track what it leaves behind.

    Attributes:
        board: what the process shows.
        ring: where its frames come out.
        skipped: names of pictures that it could not decode.
        lost: why a live stream was lost last; empty before.
        failed: why it gave up, None while it has not.
    """

    def __init__(
        self, options: CameraOptions, *, keep: Keep, ring_frames: int, first_seq: int, reopening: bool
    ) -> None:
        self.skipped: list[str] = []
        self.lost = ""
        self.failed: EdgeAdError | None = None
        board_fd = create_board()
        ring_fds = create_ring(ring_frames)
        self._said_fd, said_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.board = map_board(board_fd)
        self.board.state = CameraState.STALLED if reopening else CameraState.OPENING
        self.board.allowed_ms = round(START_LIMIT_S * 1000)
        self.ring = RingReader(ring_fds)
        job = Job(
            options=options,
            keep=keep,
            first_seq=first_seq,
            reopening=reopening,
            said_fd=said_fd,
            board_fd=board_fd,
            ring=ring_fds,
        )
        self._process = _launch(job)
        os.close(board_fd)
        os.close(said_fd)
        self._said_rest = b""
        self._said_open = True
        self._closed = False
        self._listening = threading.Lock()
        self._hang_limit_s = options.stall_after_s
        self._quiet_s = 0.0
        self._beat = self.board.beat
        self._looked_s = time.monotonic()

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait(self, timeout_s: float) -> None:
        """Returns when a frame is ready or something was said or the process ended, or after the timeout."""
        poll = select.poll()
        poll.register(self.ring.ready_fd, select.POLLIN)
        if self._said_open:
            poll.register(self._said_fd, select.POLLIN)
        poll.poll(max(0.0, timeout_s) * 1000)

    def listen(self) -> None:
        """Takes in what the process has said since; any thread may call it."""
        with self._listening:
            while self._said_open and (chunk := _read(self._said_fd)) is not None:
                self._said_open = bool(chunk)
                *lines, self._said_rest = (self._said_rest + chunk).split(b"\n")
                for line in lines:
                    self._take_in(json.loads(line))

    def alive(self) -> bool:
        return self._process.poll() is None

    def exit_code(self) -> int | None:
        """None while alive; negative: the signal that ended it."""
        return self._process.poll()

    def hangs(self) -> bool:
        """Whether it made no progress for longer than its present step may take, plus ``stall_after_s``.

        Only time between looks that follow each other closely counts: a parent that was itself suspended, or
        did not look, must not blame the child.
        """
        now_s = time.monotonic()
        beat = self.board.beat
        self._quiet_s = self._quiet_s + min(now_s - self._looked_s, LOOK_LIMIT_S) if beat == self._beat else 0.0
        self._beat, self._looked_s = beat, now_s
        return self._quiet_s > self.board.allowed_ms / 1000 + self._hang_limit_s

    def end(self) -> None:
        """Ends it within half a second: first kindly, so that a network camera sees its session closed."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(GRACE_S + 0.1)
        except subprocess.TimeoutExpired:
            self.kill()
        self.listen()
        with self._listening:
            if not self._closed:
                self._closed, self._said_open = True, False
                os.close(self._said_fd)
        self.ring.close()

    def kill(self) -> None:
        """Ends it at once; one whose driver sleeps uninterruptibly is left to the kernel."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(KILL_LIMIT_S)

    def _take_in(self, said: dict[str, str]) -> None:
        kind = said["kind"]
        if kind == "skipped":
            self.skipped.append(said["message"])
            return
        error = ERRORS[said["error"]](said["message"], hint=said["hint"])
        if kind == "failed":
            self.failed = error
        else:
            self.lost = str(error)


def _launch(job: Job) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path),
        "OPENCV_LOG_LEVEL": "SILENT",
        "OPENCV_FFMPEG_LOGLEVEL": "-8",
        "MALLOC_MMAP_THRESHOLD_": str(PICTURE_BYTES),
        "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": str(math.ceil(job.options.read_timeout_s)),
    }
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "edge.cameras.process"],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=None if os.environ.get("EDGE_AD_DEBUG") else subprocess.DEVNULL,
        env=environment,
        pass_fds=(job.said_fd, job.board_fd, *job.ring.all()),
        process_group=0,  # Ctrl-C in the terminal is for the parent alone
    )
    if process.stdin is not None:
        # By stdin, not by argument: an address may hold a password, and arguments are for all to see.
        process.stdin.write(job.to_line())
    return process


def _read(fd: int) -> bytes | None:
    """Reads what is there: None where nothing is, empty at the end."""
    try:
        return os.read(fd, 65536)
    except BlockingIOError:
        return None
