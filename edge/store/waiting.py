"""What waits in memory while the disk refuses: a bounded ring that drops its oldest and counts it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice

Row = tuple[int, str]


class Waiting:
    """Rows in the order of their numbers. Not for several threads at once.

    Args:
        most: rows that may wait.

    Attributes:
        dropped: rows that were pushed out since the start, and so never came to disk.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: deque[Row] = deque()
        self.dropped = 0

    def add(self, rows: Iterable[Row]) -> int:
        """Puts rows at the end; returns how many of the oldest had to go for them."""
        self._rows.extend(rows)
        too_many = max(0, len(self._rows) - self._most)
        for _ in range(too_many):
            self._rows.popleft()
        self.dropped += too_many
        return too_many

    def first(self, count: int) -> list[Row]:
        """The oldest rows, left where they are."""
        return list(islice(self._rows, count))

    def remove(self, count: int) -> None:
        """Takes the oldest rows out: they are on disk."""
        for _ in range(count):
            self._rows.popleft()

    def since(self, number: int, limit: int) -> list[str]:
        """At most so many texts with higher numbers, in order."""
        return list(islice((text for seq, text in self._rows if seq > number), limit))

    def __len__(self) -> int:
        return len(self._rows)
