"""What systemd answers about a unit; a script stands in for systemctl."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.doctor import service
from edge.doctor.check import Status

SOUND = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "UnitFileState": "enabled",
    "WatchdogUSec": "20s",
    "NRestarts": "0",
    "Result": "success",
}


@pytest.mark.parametrize(
    ("changed", "status", "mend"),
    [
        ({}, Status.OK, ""),
        ({"LoadState": "not-found"}, Status.OK, "install-service --station line-3"),
        ({"WatchdogUSec": "0"}, Status.WARN, "no WatchdogSec"),
        ({"UnitFileState": "disabled"}, Status.WARN, "systemctl enable edge-ad@line-3"),
        ({"ActiveState": "failed", "Result": "watchdog"}, Status.FAIL, "journalctl -u edge-ad@line-3"),
    ],
)
def test_each_state_of_the_unit(changed: dict[str, str], status: Status, mend: str, tmp_path: Path) -> None:
    script = tmp_path / "systemctl"
    answers = "\n".join(f"{name}={text}" for name, text in (SOUND | changed).items())
    script.write_text(f"#!/bin/sh\n[ $2 = edge-ad@line-3.service ] || exit 1\ncat <<END\n{answers}\nEND\n")
    script.chmod(0o755)
    check = service.unit("line-3", (str(script),))
    assert check.status is status and mend in check.mend
    assert bool(check.mend) == bool(mend)


def test_a_computer_without_systemd_is_no_fault() -> None:
    assert service.unit("line-3", ("/no/such/systemctl",)).status is Status.OK
    assert service.unit("line-3", ("false",)).status is Status.OK
