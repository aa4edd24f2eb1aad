"""The computer: processor, clock, disk."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from edge.doctor.check import Check, Status

MB = 1_000_000
JUMP_S = 60.0
FAST = {
    "avx2": "AVX2",
    "avx512f": "AVX-512",
    "avx512_vnni": "AVX-512 VNNI",
    "avx_vnni": "AVX VNNI",
    "amx_int8": "AMX INT8",
    "asimddp": "Arm dot product",
}
INT8 = {"avx512_vnni", "avx_vnni", "amx_int8", "asimddp"}


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> Check:
    """Whether the processor has the instructions that make INT8 models fast."""
    try:
        text = cpuinfo.read_text(encoding="utf-8")
    except OSError:
        return Check("processor", Status.OK, f"{platform.processor() or platform.machine()}; instructions unknown")
    name = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
    has = set(flags[1].split()) if flags else set()
    known = ", ".join(label for flag, label in FAST.items() if flag in has)
    found = f"{name[1] if name else platform.machine()}: {known or 'none of the fast instructions'}"
    if has & INT8:
        return Check("processor", Status.OK, found)
    return Check("processor", Status.WARN, found, "INT8 models gain little here; expect a lower frame rate")


def clock(command: tuple[str, ...] = ("timedatectl", "show", "--property=NTPSynchronized", "--value")) -> Check:
    """Whether wall time, a label on every message, is kept right; nothing else depends on it."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return Check("clock", Status.OK, "synchronisation unknown: no answer from timedatectl")
    if answer == "yes":
        return Check("clock", Status.OK, "synchronised")
    mend = "sudo timedatectl set-ntp true; until then the times in messages may be wrong"
    return Check("clock", Status.WARN, "not synchronised", mend)


def clock_order(folder: Path, now_s: float | None = None) -> Check:
    """Whether wall time went on since the station last wrote: one that went back gives messages older times.

    Args:
        folder: of the state.
        now_s: wall time, seconds since 1970; the computer's own if not given.
    """
    written_s = [path.stat().st_mtime for path in (folder, *folder.glob("*")) if path.exists()]
    back_s = max(written_s, default=0.0) - (time.time() if now_s is None else now_s)
    if back_s <= JUMP_S:
        return Check("clock order", Status.OK, "not before what was written last")
    mend = "set the clock (sudo timedatectl set-ntp true); alerts keep their order by their numbers"
    return Check("clock order", Status.WARN, f"{back_s / 3600:.1f} h before what was written last", mend)


def state_folder(folder: Path, *, fail_below_mb: int = 100, warn_below_mb: int = 1000) -> Check:
    """Whether alerts can be written, and for how long; a folder that is not there yet is not made."""
    existing = folder
    try:
        existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"edge-ad")
            file.flush()
        free_mb = shutil.disk_usage(existing).free // MB
    except OSError as error:
        mend = "set state_dir to a folder that this user may write to"
        return Check("state folder", Status.FAIL, f"cannot write to {existing}: {error.strerror}", mend)
    found = f"{folder}: {free_mb} MB free"
    if free_mb >= warn_below_mb:
        return Check("state folder", Status.OK, found)
    status = Status.FAIL if free_mb < fail_below_mb else Status.WARN
    return Check("state folder", status, found, "free disk space, or set state_dir to a larger disk")
