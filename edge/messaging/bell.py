"""Wakes a thread that polls sockets."""

from __future__ import annotations

import contextlib
import socket
import threading


class Bell:
    """A pair of sockets: any thread rings, the polling thread wakes at once and need not look now and then."""

    def __init__(self) -> None:
        self._ear, self._button = socket.socketpair()
        self._ear.setblocking(False)
        self._button.setblocking(False)
        self._lock = threading.Lock()

    def fileno(self) -> int:
        """What to poll for reading."""
        return self._ear.fileno()

    def ring(self) -> None:
        """Wakes the polling thread; does nothing once the bell is closed."""
        # The lock keeps close() away: its number could by then be another file's.
        with self._lock, contextlib.suppress(BlockingIOError):  # full: it rings already
            if self._button.fileno() >= 0:
                self._button.send(b"\0")

    def hush(self) -> None:
        """Takes every ring so far; what was put down before a ring is visible after this."""
        with contextlib.suppress(BlockingIOError):
            while self._ear.recv(4096):
                pass

    def close(self) -> None:
        with self._lock:
            self._button.close()
        self._ear.close()
