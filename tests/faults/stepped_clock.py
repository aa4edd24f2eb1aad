"""``edge-ad`` with a wall clock that a file puts forward or back: ``python stepped_clock.py run ...``.

The file named by CLOCK_FILE has the seconds to add; the monotonic clock is left alone, as when a clock is set.
"""

from __future__ import annotations

import os
import pkgutil
import sys
import time
from datetime import datetime, timedelta, tzinfo
from importlib import import_module
from pathlib import Path

FILE = Path(os.environ["CLOCK_FILE"])
true_time = time.time


def added_s() -> float:
    try:
        return float(FILE.read_text(encoding="ascii") or 0)
    except FileNotFoundError:
        return 0.0


class SteppedClock(datetime):
    """Says another time than the computer."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(seconds=added_s())


def install() -> None:
    """Every module of the daemon that asks for the time of day asks this clock."""
    import edge

    for package in (
        "edge.messaging",
        "edge.store",
        "edge.inspection",
        "edge.cameras",
        "edge.health",
        "edge.security",
    ):
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if "genicam" not in module.name and "gstreamer" not in module.name:
                import_module(module.name)
    import_module("edge.daemon")
    for name, module in list(sys.modules.items()):
        if name.startswith(f"{edge.__name__}.") and getattr(module, "datetime", None) is datetime:
            module.datetime = SteppedClock  # type: ignore[attr-defined]
    time.time = lambda: true_time() + added_s()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    install()
    from edge.cli import main

    main()
