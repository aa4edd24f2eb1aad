"""The capture process: reads one camera into the ring, and says what happens.

It says so in JSON, one message at a time, on a socket of its own. When its ``alive`` pipe ends, the parent is done
with it or dead, and it leaves within ``GRACE_S`` even if a driver hangs.
"""

from __future__ import annotations

import json
import math
import os
import socket
import threading
import time

from edge.cameras.board import map_board
from edge.cameras.choose import source_for
from edge.cameras.job import GRACE_S, Job, JobFds
from edge.cameras.loop import CaptureLoop
from edge.cameras.ring import RingWriter
from edge.errors import EdgeAdError


def capture(job: Job, fds: JobFds) -> None:
    """Does a job; returns at its end, or where it cannot go on, which it says."""
    stop = threading.Event()
    threading.Thread(target=_leave_with_parent, args=(fds.alive, stop), daemon=True).start()
    said = socket.socket(fileno=fds.said)

    def say(kind: str, what: EdgeAdError | str) -> None:
        said.send(message(kind, what))

    _introduce(said)
    os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"] = str(math.ceil(job.options.read_timeout_s))
    try:
        source = source_for(job.options)
        ring = RingWriter(fds.ring, job.keep)
        CaptureLoop(job, source, ring, map_board(fds.board), say=say, stop=stop).run()
    except EdgeAdError as error:
        say("failed", error)


def message(kind: str, what: EdgeAdError | str) -> bytes:
    """What the parent is told: kinds are ``lost``, ``skipped``, ``failed`` and, by the fork server, ``ended``."""
    if isinstance(what, EdgeAdError):
        said = {"kind": kind, "error": type(what).__name__, "message": what.message, "hint": what.hint}
    else:
        said = {"kind": kind, "message": what}
    return json.dumps(said).encode()


def _introduce(said: socket.socket) -> None:
    """Tells the parent its number, and gives it a handle that never means another process."""
    pidfd = os.pidfd_open(os.getpid())
    socket.send_fds(said, [message("born", str(os.getpid()))], [pidfd])
    os.close(pidfd)


def _leave_with_parent(alive_fd: int, stop: threading.Event) -> None:
    while os.read(alive_fd, 1):
        pass
    stop.set()
    time.sleep(GRACE_S)
    os._exit(0)
