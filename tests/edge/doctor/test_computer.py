"""Processor, clock, shared memory and disk, looked at through files and commands of the tests' own."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from edge.doctor import computer
from edge.doctor.check import Status


@pytest.mark.parametrize(
    ("text", "status", "found"),
    [
        ("model name\t: Ultra 5\nflags\t\t: fpu avx2 avx_vnni\n", Status.OK, "Ultra 5: AVX2, AVX VNNI"),
        ("model name\t: Atom x5\nflags\t\t: fpu sse4_2\n", Status.WARN, "Atom x5: none of the fast instructions"),
        ("model name\t: i5-6500\nflags\t\t: fpu avx2\n", Status.WARN, "i5-6500: AVX2"),
    ],
)
def test_the_processor_is_judged_by_its_int8_instructions(
    tmp_path: Path, text: str, status: Status, found: str
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(text, encoding="utf-8")
    check = computer.processor(cpuinfo)
    assert (check.status, check.found) == (status, found)


@pytest.mark.parametrize(
    ("command", "status", "found"),
    [
        (("echo", "yes"), Status.OK, "synchronised"),
        (("echo", "no"), Status.WARN, "not synchronised"),
        (("false",), Status.OK, "synchronisation unknown: no answer from timedatectl"),
        (("/no/such/timedatectl",), Status.OK, "synchronisation unknown: no answer from timedatectl"),
    ],
)
def test_the_clock_is_what_timedatectl_answers(command: tuple[str, ...], status: Status, found: str) -> None:
    check = computer.clock(command)
    assert (check.status, check.found) == (status, found)


def test_a_state_folder_is_tried_and_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "line-3"
    check = computer.state_folder(folder, fail_below_mb=0, warn_below_mb=0)
    free_mb = shutil.disk_usage(tmp_path).free // 1_000_000
    assert check.status is Status.OK
    assert check.found.startswith(f"{folder}: ")
    assert abs(int(check.found.split()[-3]) - free_mb) < 1000
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_warns_and_then_fails(tmp_path: Path) -> None:
    assert computer.state_folder(tmp_path, fail_below_mb=0, warn_below_mb=10**9).status is Status.WARN
    assert computer.state_folder(tmp_path, fail_below_mb=10**9, warn_below_mb=10**9).status is Status.FAIL


def test_a_state_folder_that_cannot_be_written_fails() -> None:
    check = computer.state_folder(Path("/proc/edge-ad"))
    assert check.status is Status.FAIL
    assert check.found.startswith("cannot write to /proc: ")
    assert "state_dir" in check.mend


def test_a_state_folder_that_is_a_file_fails(tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.touch()
    check = computer.state_folder(file)
    assert (check.status, check.found) == (
        Status.FAIL,
        f"cannot write to {file}: {os.strerror(errno.ENOTDIR)}",
    )


def test_a_clock_that_went_back_is_told(tmp_path: Path) -> None:
    (tmp_path / "alerts.sqlite").touch()
    written_s = (tmp_path / "alerts.sqlite").stat().st_mtime
    assert computer.clock_order(tmp_path, written_s + 1).status is Status.OK
    check = computer.clock_order(tmp_path, written_s - 7200)
    assert (check.status, check.found) == (Status.WARN, "2.0 h before what was written last")
    assert computer.clock_order(tmp_path / "none", 0.0).status is Status.OK
