"""The capture process: ``python -m edge.cameras.process``, started by ``edge.cameras.child``.

It reads its job as one JSON line from stdin and says what happens as JSON lines on a pipe of its own. When
stdin closes, the parent is done with it or dead, and it leaves within ``GRACE_S`` even if a driver hangs.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from functools import partial

import cv2

from edge.cameras.board import map_board
from edge.cameras.choose import source_for
from edge.cameras.job import GRACE_S, Job
from edge.cameras.loop import CaptureLoop
from edge.cameras.ring import RingWriter
from edge.errors import EdgeAdError


def say(fd: int, kind: str, what: EdgeAdError | str) -> None:
    """Tells the parent: kinds are ``lost``, ``skipped`` and ``failed``."""
    if isinstance(what, EdgeAdError):
        line = {"kind": kind, "error": type(what).__name__, "message": what.message, "hint": what.hint}
    else:
        line = {"kind": kind, "message": what}
    os.write(fd, json.dumps(line).encode() + b"\n")


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they reach the whole group; the parent decides
    cv2.setNumThreads(1)
    job = Job.from_line(sys.stdin.buffer.readline())
    stop = threading.Event()
    threading.Thread(target=_leave_with_parent, args=(stop,), daemon=True).start()
    ring = RingWriter(job.ring, job.keep)
    board = map_board(job.board_fd)
    try:
        CaptureLoop(job, source_for(job.options), ring, board, say=partial(say, job.said_fd), stop=stop).run()
    except EdgeAdError as error:
        say(job.said_fd, "failed", error)


def _leave_with_parent(stop: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    stop.set()
    time.sleep(GRACE_S)
    os._exit(0)


if __name__ == "__main__":
    main()
