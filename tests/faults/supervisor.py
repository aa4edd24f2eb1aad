"""Stands in for systemd: hears the datagrams of ``Type=notify``, ends what ``WatchdogSec`` finds quiet."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path


class Supervisor:
    """Listens for one process; ``watch`` ends it as systemd 252 does when signs of life are missing.

    Args:
        path: where its socket is to be; a path with @ in front is an abstract socket.
        watchdog_s: seconds without a sign of life that are too many.

    Attributes:
        heard: each datagram, as lines.
        longest_s: longest time between two signs of life.
    """

    def __init__(self, path: str | Path, watchdog_s: float) -> None:
        self.watchdog_s = watchdog_s
        self.heard: list[list[str]] = []
        self.longest_s = 0.0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path).replace("@", "\0", 1) if str(path).startswith("@") else str(path))
        self.environment = {
            "NOTIFY_SOCKET": str(path),
            "WATCHDOG_USEC": str(int(watchdog_s * 1e6)),
        }

    def wait_for(self, line: str, timeout_s: float = 30.0) -> list[str]:
        """The first datagram with this line."""
        deadline_s = time.monotonic() + timeout_s
        while (left_s := deadline_s - time.monotonic()) > 0:
            for said in self._hear(left_s):
                if line in said:
                    return said
        raise AssertionError(f"{line} not heard within {timeout_s:g} s, but {self.heard[-5:]}")

    def watch(self, pid: int, seconds: float) -> float | None:
        """Watches for so long; returns the monotonic time at which the process was ended, None if it was not."""
        deadline_s = time.monotonic() + seconds
        alive_s = time.monotonic()
        while (now_s := time.monotonic()) < deadline_s:
            said = self._hear(max(0.0, min(deadline_s, alive_s + self.watchdog_s) - now_s))
            if any("WATCHDOG=1" in lines for lines in said):
                self.longest_s = max(self.longest_s, time.monotonic() - alive_s)
                alive_s = time.monotonic()
            quiet = time.monotonic() - alive_s >= self.watchdog_s
            if quiet or any("WATCHDOG=trigger" in lines for lines in said):
                for number in (signal.SIGABRT, signal.SIGCONT):
                    with suppress(ProcessLookupError):
                        os.kill(pid, number)
                return time.monotonic()
        return None

    def close(self) -> None:
        self._socket.close()

    def _hear(self, timeout_s: float) -> list[list[str]]:
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return []
        self.heard.append(self._socket.recv(65536).decode().split("\n"))
        return self.heard[-1:]
