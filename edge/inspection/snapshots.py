"""Who wants to see the next frame of a camera that is judged."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from edge.messaging.messages import Result
from edge.messaging.snapshot import Snapshot, snapshot_of
from edge.verdict import Inspection

_MOST_WAITING = 64


class Snapshots:
    """Encodes a frame only when somebody asked, once for all who did. Any thread asks; lanes show in turn."""

    def __init__(self) -> None:
        self._asked: deque[Callable[[Snapshot], None]] = deque(maxlen=_MOST_WAITING)

    def ask(self, answer: Callable[[Snapshot], None]) -> None:
        """Calls ``answer`` with the next frame that is judged, from a lane; never where none comes."""
        self._asked.append(answer)

    def show(self, inspection: Inspection, result: Result) -> None:
        """Gives a judged frame to those who asked before; one without pixels shows nothing, and they wait on."""
        if not self._asked or not inspection.frame.pixels.size:
            return
        snapshot = snapshot_of(inspection, result)
        for _ in range(len(self._asked)):
            self._asked.popleft()(snapshot)
