"""How the daemon starts capture processes: through a fork server, which it starts first."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import threading
from contextlib import suppress

from edge.cameras.job import Job, JobFds
from edge.errors import CameraError
from edge.own_module import command_of, environment_of_own

FORK_SERVER = "edge.cameras.fork_server"
LEAVE_S = 0.3
PICTURE_BYTES = 1 << 20  # memory of pictures goes back to the system at once, it is not kept for the next one


class Launcher:
    """One fork server, started when it is needed, and again where it died. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: subprocess.Popen[bytes] | None = None
        self._jobs: socket.socket | None = None

    def launch(self, job: Job, fds: JobFds) -> None:
        """Has a capture process begin; returns at once, before it runs.

        Raises:
            CameraError: no process can be started.
        """
        with self._lock:
            for _ in range(2):  # the server may have died since the last job
                try:
                    socket.send_fds(self._running(), [job.to_bytes()], fds.all())
                    return
                except OSError as error:
                    self._end()
                    reason = error.strerror
        raise CameraError(
            f"cannot start a capture process: {reason}", hint="'edge-ad --debug' shows what it says itself"
        )

    def end(self) -> None:
        """Ends the fork server, also one that hangs; capture processes go on."""
        with self._lock:
            self._end()

    def _running(self) -> socket.socket:
        if self._jobs is None:
            self._jobs, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._server = _start(theirs)
        return self._jobs

    def _end(self) -> None:
        if self._jobs is not None:
            self._jobs.close()
            self._jobs = None
        if self._server is not None:
            with suppress(subprocess.TimeoutExpired):
                self._server.wait(LEAVE_S)
            self._server.kill()
            self._server.wait()
            self._server = None


def _start(jobs: socket.socket) -> subprocess.Popen[bytes]:
    environment = environment_of_own(
        OPENBLAS_NUM_THREADS="1",  # threads do not survive a fork
        OPENCV_LOG_LEVEL="SILENT",
        OPENCV_FFMPEG_LOGLEVEL="-8",
        MALLOC_MMAP_THRESHOLD_=str(PICTURE_BYTES),
    )
    return subprocess.Popen(
        command_of(FORK_SERVER),
        stdin=jobs.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=None if os.environ.get("EDGE_AD_DEBUG") else subprocess.DEVNULL,
        env=environment,
        process_group=0,  # Ctrl-C in the terminal is for the parent alone
    )


launcher = Launcher()  # one for all cameras of this process
atexit.register(launcher.end)
