"""Taking turns: the cameras of a station share one device, and each gets its share."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Lets a few threads at a time go on, strictly in the order in which they came.

    A lane takes its turn before it takes a frame, so that nothing grows old behind the device: what waits is the
    lane, and the frame that it then takes is the newest. First come, first served means that a fast camera cannot
    crowd out a slow one: it stands in the queue once for each of its lanes.

    Args:
        at_once: how many threads may be in their turn.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for the caller's turn and holds it for the length of the block."""
        self._begin()
        try:
            yield
        finally:
            self._end()

    def _begin(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            called = threading.Lock()
            called.acquire()
            self._waiting.append(called)
        called.acquire()  # until the turn is handed over

    def _end(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1
