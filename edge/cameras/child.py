"""The parent's handle on one capture process: start it, listen to it, see whether it hangs, end it."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import threading
import time
from contextlib import suppress

from edge import errors
from edge.cameras.board import CameraState, create_board, map_board
from edge.cameras.job import GRACE_S, Job, JobFds
from edge.cameras.launch import launcher
from edge.cameras.options import CameraOptions
from edge.cameras.ring import Keep, RingReader, create_ring
from edge.errors import EdgeAdError

START_LIMIT_S = 20.0  # interpreter and imports of the fork server on a busy small computer
LOOK_LIMIT_S = 0.25
KILL_LIMIT_S = 0.5
MOST_BYTES = 1 << 16
ERRORS: dict[str, type[EdgeAdError]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, EdgeAdError)
}


class CaptureProcess:
    """One run of ``edge.cameras.process`` with a board and a ring of its own.

    It is forked by a server of our own rather than by ``multiprocessing``'s: that would import the parent's main
    module, so the whole command line, into each, and would need one more process to track what they leave behind.

    Attributes:
        board: what the process shows.
        ring: where its frames come out.
        skipped: names of pictures that it could not decode.
        lost: why a live stream was lost last; empty before.
        failed: why it gave up, None while it has not.
        exit_code: how it ended; negative: the signal that ended it; None while it runs, or where nobody can tell.
    """

    def __init__(
        self, options: CameraOptions, *, keep: Keep, ring_frames: int, first_seq: int, reopening: bool
    ) -> None:
        self.skipped: list[str] = []
        self.lost = ""
        self.failed: EdgeAdError | None = None
        self.exit_code: int | None = None
        self._listening = threading.Lock()
        self._pid: int | None = None
        self._pidfd: int | None = None
        board_fd = create_board()
        ring_fds = create_ring(ring_frames)
        alive_fd, self._alive_fd = os.pipe2(os.O_CLOEXEC)
        self._said, said = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._said.setblocking(False)
        self._said_fd = self._said.fileno()
        self.board = map_board(board_fd)
        self.board.state = CameraState.STALLED if reopening else CameraState.OPENING
        self.board.allowed_ms = round(START_LIMIT_S * 1000)
        self.ring = RingReader(ring_fds)
        with said:
            job = Job(options, keep, first_seq, reopening)
            launcher.launch(job, JobFds(alive_fd, said.fileno(), board_fd, ring_fds))
        os.close(alive_fd)
        os.close(board_fd)
        self._alive = True
        self._closed = False
        self._hang_limit_s = options.stall_after_s
        self._quiet_s = 0.0
        self._beat = self.board.beat
        self._looked_s = time.monotonic()

    @property
    def pid(self) -> int | None:
        """Its number; None before it was forked."""
        self.listen()
        return self._pid

    def wait(self, timeout_s: float) -> None:
        """Returns when a frame is ready or something was said or the process ended, or after the timeout."""
        poll = select.poll()
        poll.register(self.ring.ready_fd, select.POLLIN)
        if self._alive:
            poll.register(self._said_fd, select.POLLIN)
        poll.poll(max(0.0, timeout_s) * 1000)

    def listen(self) -> None:
        """Takes in what the process has said since; any thread may call it."""
        with self._listening:
            while self._alive and (text := self._receive()) is not None:
                if text:
                    self._take_in(json.loads(text))
                else:
                    self._alive = False

    def alive(self) -> bool:
        """False once it has ended and all that it said was heard."""
        self.listen()
        return self._alive

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
        if self._closed:
            return
        self._closed = True
        os.close(self._alive_fd)
        if not self._ended_within(GRACE_S + 0.1) and self.pid is not None:  # else it leaves as soon as it is born
            self.kill()
        with self._listening:
            self._alive = False
            self._said.close()
            if self._pidfd is not None:
                os.close(self._pidfd)
        self.ring.close()

    def kill(self) -> None:
        """Ends it at once; one whose driver sleeps uninterruptibly is left to the kernel."""
        self.listen()
        if self._pidfd is None:
            launcher.end()  # which hangs itself, as it has not forked
        else:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        self._ended_within(KILL_LIMIT_S)

    def _ended_within(self, timeout_s: float) -> bool:
        deadline_s = time.monotonic() + timeout_s
        poll = select.poll()
        poll.register(self._said, select.POLLIN)
        while self.alive() and (left_s := deadline_s - time.monotonic()) > 0:
            poll.poll(left_s * 1000)
        return not self._alive

    def _receive(self) -> bytes | None:
        """What was said next: None where nothing is there, empty at the end."""
        try:
            text, fds, _, _ = socket.recv_fds(self._said, MOST_BYTES, 1, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return None
        if fds:
            self._pidfd = fds[0]
        return text

    def _take_in(self, said: dict[str, str]) -> None:
        kind, message = said["kind"], said["message"]
        if kind == "born":
            self._pid = int(message)
        elif kind == "ended":
            self.exit_code = int(message)
        elif kind == "skipped":
            self.skipped.append(message)
        else:
            error = ERRORS[said["error"]](message, hint=said["hint"])
            if kind == "failed":
                self.failed = error
            else:
                self.lost = str(error)
