"""How much memory processes take, as Linux counts it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Memory(BaseModel):
    """Of one process, in 10^6 bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resident_mb: float = Field(description="RSS: all that is in main memory, what is shared counted in full")
    proportional_mb: float = Field(description="PSS: what several processes share is divided among them")


def memory_of(pid: int) -> Memory | None:
    """The memory of a process now; None where it has ended, or this system does not say."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return None
    kilobytes = {name: int(size) for name, size in re.findall(r"^(Rss|Pss): +(\d+) kB", rollup, re.M)}
    if len(kilobytes) != 2:  # the process ended while it was read
        return None
    return Memory(resident_mb=_mb(kilobytes["Rss"]), proportional_mb=_mb(kilobytes["Pss"]))


def descendants_of(pid: int) -> list[int]:
    """Processes that a process started, those that they started, and so on, as far as they have not ended."""
    found: list[int] = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread that has ended meanwhile
            found += map(int, listing.read_text(encoding="ascii").split())
    return found + [further for child in found for further in descendants_of(child)]


def proportional_mb(pids: Iterable[int]) -> float:
    """What several processes take together, each shared page counted once."""
    return round(sum(memory.proportional_mb for pid in pids if (memory := memory_of(pid))), 1)


def _mb(kilobytes: int) -> float:
    return round(kilobytes * 1024 / 1e6, 1)
