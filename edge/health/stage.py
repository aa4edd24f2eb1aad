"""What each thread of a station is at, so that one that hangs can be told from one that goes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step of a thread, told from the next by its identity.

    Attributes:
        name: what is done, e.g. ``inference``.
        on_disk: whether it may wait for the disk, which can be slow without a fault of the station.
    """

    name: str
    on_disk: bool = False


class Stage:
    """One thread's way through its work: it says what it begins, and a step that never ends is a hang.

    A thread that waits for work begins a step at least once a second, so that waiting is no hang. Only the thread
    itself calls ``begin`` and ``end``; any thread may read.

    Args:
        name: whose thread it is, e.g. ``camera top``.

    Attributes:
        step: the step at hand; None before the first and after the last.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.step: Step | None = None

    def begin(self, step: str, *, on_disk: bool = False) -> None:
        """The step before is done, this one begins; costs less than a microsecond."""
        self.step = Step(step, on_disk)

    def end(self) -> None:
        """The thread has nothing more to do."""
        self.step = None
