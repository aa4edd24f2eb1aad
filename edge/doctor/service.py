"""The station's unit, as systemd has it."""

from __future__ import annotations

import subprocess

from edge.doctor.check import Check, Status

PROPERTIES = ("LoadState", "ActiveState", "UnitFileState", "WatchdogUSec", "NRestarts", "Result")


def unit(station: str, command: tuple[str, ...] = ("systemctl",)) -> Check:
    """Whether the station is a service, watched and well; a station may also be started by hand.

    Args:
        station: its name.
        command: what answers for systemd; the unit's name and properties are added.
    """
    name = f"edge-ad@{station}"
    asked = [*command, "show", f"{name}.service", f"--property={','.join(PROPERTIES)}"]
    try:
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return Check("service", Status.OK, "no answer from systemd here")
    told = dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)
    if told.get("LoadState") != "loaded":
        mend = f"to start it with the computer: sudo edge-ad install-service --station {station}"
        return Check("service", Status.OK, f"{name} is not installed", mend)
    state = told.get("ActiveState", "")
    found = (
        f"{name} is {state}, {told.get('UnitFileState') or 'not enabled'}, {told.get('NRestarts', '0')} restarts"
    )
    if state == "failed":
        mend = f"journalctl -u {name} -o cat -n 20 says why; then: sudo systemctl reset-failed {name}"
        return Check("service", Status.FAIL, f"{found} ({told.get('Result')})", mend)
    if told.get("WatchdogUSec") in ("0", "infinity", None):
        mend = f"its unit has no WatchdogSec: sudo edge-ad install-service --station {station}"
        return Check("service", Status.WARN, f"{found}, without a watchdog", mend)
    if told.get("UnitFileState") != "enabled":
        return Check("service", Status.WARN, found, f"to start it with the computer: sudo systemctl enable {name}")
    return Check("service", Status.OK, f"{found}, watchdog {told['WatchdogUSec']}")
