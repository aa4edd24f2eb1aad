"""Why a picture was not kept; told in messages too, so it needs no picture library."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """Why a picture was not kept."""

    DARK = "dark"
    OVEREXPOSED = "overexposed"
    BLURRED = "blurred"
    MOVING = "moving"
    SAME = "same as the last"
    SEEN = "seen before"
    FAULTY = "faulty"
