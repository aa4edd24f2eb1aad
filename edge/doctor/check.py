"""What one look at this computer found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """``fail``: a station cannot run like this; ``warn``: it can, but worse than it could."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what was looked at, e.g. ``clock``.
        status: whether it will do.
        found: what was found, one line.
        mend: what to do about it, one line; empty where nothing needs doing.
    """

    name: str
    status: Status
    found: str
    mend: str = ""
