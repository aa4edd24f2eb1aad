"""What has drifted, in one line."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from calibration.drift.course import Shift
from edge.health.drift.figures import Name

_WAYS = {"right": ("right", "left"), "down": ("bottom", "top")}


def in_words(shifts: Mapping[Name, Shift], longer_side_px: int) -> str:
    """E.g. ``scores up (median 12.3, 6.8 before), brightness -14 %; since 2026-11-22 14:02 UTC``.

    Args:
        shifts: by figure; with none the text is empty.
        longer_side_px: of the inspected part of a frame.
    """
    if not shifts:
        return ""
    what = ", ".join(_one(name, shift, longer_side_px) for name, shift in shifts.items())
    return f"{what}; since {wall_time(min(shift.since_ns for shift in shifts.values())):%Y-%m-%d %H:%M} UTC"


def wall_time(at_ns: int) -> datetime:
    """The time of day of a moment on the monotonic clock, by the clock as it is set now."""
    return datetime.now(UTC) - timedelta(seconds=(time.monotonic_ns() - at_ns) / 1e9)


def _one(name: Name, shift: Shift, longer_side_px: int) -> str:
    if shift.kind == "wider":
        times = f"{shift.now / shift.before:.1f} times as wide" if shift.before > 0 else "wider"
        return f"spread of {'position' if name in _WAYS else name} {times}"
    if name == "scores":
        way = "up" if shift.kind == "higher" else "down"
        return f"scores {way} (median {shift.now:.4g}, {shift.before:.4g} before)"
    if name in _WAYS:
        way = _WAYS[name][shift.kind == "lower"]
        return f"position {abs(shift.now - shift.before) * longer_side_px:.0f} px to the {way}"
    return f"{name} {math.expm1(shift.now - shift.before):+.0%}".replace("%", " %")
