"""How long an alert takes to the disk, on a real one."""

from __future__ import annotations

import re
from pathlib import Path

from edge.doctor import disk
from edge.doctor.check import Status


def test_it_is_measured_and_a_slow_one_warned_of(tmp_path: Path) -> None:
    check = disk.flushing(tmp_path / "not" / "yet", slow_ms=60_000)
    assert check.status is Status.OK
    usual, longest = map(float, re.findall(r"([0-9.]+) ms", check.found))
    assert 0 <= usual <= longest
    assert list(tmp_path.iterdir()) == []
    assert disk.flushing(tmp_path, slow_ms=0.0).status is Status.WARN


def test_a_disk_that_cannot_be_written_fails() -> None:
    check = disk.flushing(Path("/proc/edge-ad"))
    assert check.status is Status.FAIL and "state_dir" in check.mend
