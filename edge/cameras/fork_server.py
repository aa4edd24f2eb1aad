"""The fork server: ``python -m edge.cameras.fork_server``, started by ``edge.cameras.launch``.

It imports once what every capture process needs and is forked for each of them. So they share that memory, some
17 MB each, and a camera is opened, and a hung process replaced, without waiting for an interpreter to start. Jobs
come through the socket that is its standard input; when that closes, it leaves. A capture process outlives it.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
from contextlib import suppress

import cv2

from edge.cameras.job import Job, JobFds
from edge.cameras.process import capture, message

MOST_FDS = 253  # that one message can carry
MOST_BYTES = 1 << 16


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # they reach the whole group; the parent decides
    cv2.setNumThreads(1)
    gc.collect()
    gc.freeze()  # a collection in a child would touch, and so copy, what it shares
    jobs = socket.socket(fileno=sys.stdin.fileno())
    children: dict[int, tuple[int, int]] = {}  # handle of the process: its number, and where to say that it ended
    poll = select.poll()
    poll.register(jobs, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready != jobs.fileno():
                poll.unregister(ready)
                _tell_end(ready, *children.pop(ready))
                continue
            text, fds, _, _ = socket.recv_fds(jobs, MOST_BYTES, MOST_FDS, socket.MSG_CMSG_CLOEXEC)
            if not text:
                return
            pid = os.fork()
            if pid == 0:
                _close(jobs.detach(), *children, *(said for _, said in children.values()))
                capture(Job.from_bytes(text), JobFds.of(fds))
                return
            job_fds = JobFds.of(fds)
            _close(*(fd for fd in fds if fd != job_fds.said))
            pidfd = os.pidfd_open(pid)
            children[pidfd] = (pid, job_fds.said)
            poll.register(pidfd, select.POLLIN)


def _tell_end(pidfd: int, pid: int, said_fd: int) -> None:
    """Lets an ended process go, and tells the parent how it ended."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with socket.socket(fileno=said_fd) as said, suppress(OSError):  # the parent may not listen any more
        said.send(message("ended", str(code)), socket.MSG_DONTWAIT)
    os.close(pidfd)


def _close(*fds: int) -> None:
    for fd in fds:
        os.close(fd)


if __name__ == "__main__":
    main()
