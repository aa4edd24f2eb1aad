"""What the kernel tells of heat: temperatures, and how often the processor slowed down because of it."""

from __future__ import annotations

from pathlib import Path

from edge.health.incident import Incident

SYS = Path("/sys")
OVER_AFTER = 60  # looks, one a second
COUNTERS = ("core_throttle_count", "package_throttle_count")


def zone_celsius(sys: Path = SYS) -> dict[str, float]:
    """Temperature of each thermal zone by type and number, e.g. ``x86_pkg_temp.2``; none in virtual machines."""
    found = {}
    for zone in sorted(sys.glob("class/thermal/thermal_zone*")):
        kind, degrees = _read(zone / "type"), _read(zone / "temp")
        if degrees.lstrip("-").isdecimal():
            found[f"{kind or 'zone'}.{zone.name.removeprefix('thermal_zone')}"] = int(degrees) / 1000
    return found


def throttle_counts(sys: Path = SYS) -> dict[str, int]:
    """How often each core and the package slowed down since the computer started, e.g. ``{"cpu0 core": 3}``."""
    found = {}
    for counter in COUNTERS:
        what = counter.split("_")[0]
        for path in sorted(sys.glob(f"devices/system/cpu/cpu[0-9]*/thermal_throttle/{counter}")):
            count = _read(path)
            if count.isdecimal():
                found[f"{path.parents[1].name} {what}"] = int(count)
    return found


class ThrottleWatch:
    """Says when the processor begins to slow down for heat, and when it has not for a minute.

    Args:
        sys: where the kernel shows its counters.

    Attributes:
        reason: why inference is slower now, one line; empty where it is not.
    """

    def __init__(self, sys: Path = SYS) -> None:
        self._sys = sys
        self._before = sum(throttle_counts(sys).values())
        self._incident = Incident(OVER_AFTER)
        self.reason = ""

    def look(self) -> None:
        """To be called once a second; reads a small file for each core, and looks again where it cannot."""
        try:
            now = sum(throttle_counts(self._sys).values())
        except OSError:  # e.g. too many files are open: no reason to end
            return
        risen, self._before = now > self._before, now
        change = self._incident.take("the processor slows down for heat" if risen else "")
        if change is not None:
            self.reason = change.reason if change.kind == "began" else ""


def _read(path: Path) -> str:
    """Its text without blanks; empty where the kernel has no value for it now."""
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
