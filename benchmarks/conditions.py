"""What a measurement depends on besides the model: machine, package versions, code, and who else was busy."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import openvino as ov
import psutil
from pydantic import BaseModel, ConfigDict, Field

PACKAGES = ("openvino", "nncf", "torch", "numpy", "opencv-python-headless")
ISA = (
    "avx2",
    "avx_vnni",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "amx_int8",
    "amx_bf16",
    "asimd",
    "asimddp",
    "i8mm",
)
QUIET_CORES = 0.1  # others may keep this much busy before a timing is called disturbed

ROOT = Path(__file__).parents[1]
MEASURED_CODE = (
    "benchmarks",
    "calibration",
    "edge/inference",
    "edge/scorers",
    "edge/pictures.py",
    "export",
    "train",
)


class Conditions(BaseModel):
    """Figures that were measured under different conditions never stand in one table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: str = Field(description="the processor's name as OpenVINO gives it")
    cores: int = Field(description="logical cores")
    isa: tuple[str, ...] = Field(description="instruction sets that matter to inference")
    memory_gb: float = Field(description="main memory, 10^9 bytes")
    system: str = Field(description="operating system, machine, Python")
    versions: dict[str, str] = Field(description="of the packages that the figures depend on")
    code_sha256: str = Field(description="over the sources that the figures depend on")

    def as_line(self) -> str:
        """For a reader of a table."""
        packages = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        return (
            f"{self.cpu}, {self.cores} cores ({' '.join(self.isa) or 'instruction sets unknown'}), "
            f"{self.memory_gb:.0f} GB; {self.system}; {packages}; code {self.code_sha256[:12]}"
        )


def conditions_here(code: Sequence[str] = MEASURED_CODE) -> Conditions:
    """Those of this computer, now.

    Args:
        code: files and folders of the repository that the figures depend on.
    """
    return Conditions(
        cpu=str(ov.Core().get_property("CPU", "FULL_DEVICE_NAME")).strip(),
        cores=os.cpu_count() or 1,
        isa=_isa(),
        memory_gb=round(psutil.virtual_memory().total / 1e9, 1),
        system=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        versions={name: number for name in PACKAGES if (number := _version(name))},
        code_sha256=code_sha256(code),
    )


class Others:
    """How many cores others kept busy since this was made, time stolen by a hypervisor included."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._before_s = _others_cpu_s()

    def cores(self) -> float:
        """Mean number of cores, 0 or more; children count as others until they were waited for."""
        elapsed_s = max(time.monotonic() - self._began_s, 1e-9)
        return round(max(0.0, _others_cpu_s() - self._before_s) / elapsed_s, 2)


def quiet(others_cores: float) -> bool:
    """Whether a timing may count."""
    return others_cores <= QUIET_CORES


def headline(
    measured: datetime,
    command: str,
    conditions: Conditions,
    others_cores: Sequence[float],
    *,
    runs: str,
    of: str = "",
) -> str:
    """Where and when figures were measured, and whether the machine was left alone.

    Args:
        measured: when.
        command: that measured them.
        conditions: where.
        others_cores: cores that others kept busy, in each run.
        runs: what the runs are called, e.g. "repetitions".
        of: what was measured, where it is not always the same.
    """
    disturbed = sum(not quiet(cores) for cores in others_cores)
    trust = (
        f"**Other work disturbed {disturbed} of {len(others_cores)} {runs}: these figures do not count.**"
        if disturbed
        else f"No other work disturbed the {runs}."
    )
    what = f" with {of}" if of else ""
    return f"Measured {measured.date().isoformat()} by `{command}`{what} on: {conditions.as_line()}. {trust}"


def _others_cpu_s() -> float:
    spent = psutil.cpu_times()._asdict()
    idle = spent.get("idle", 0.0) + spent.get("iowait", 0.0)
    within_user = spent.get("guest", 0.0) + spent.get("guest_nice", 0.0)
    ours = os.times()
    own = ours.user + ours.system + ours.children_user + ours.children_system
    return float(sum(spent.values()) - idle - within_user - own)


def _isa() -> tuple[str, ...]:
    """Linux only; elsewhere empty."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.is_file():
        return ()
    lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    flags = next((line.split(":")[1].split() for line in lines if line.startswith(("flags", "Features"))), [])
    return tuple(name for name in ISA if name in flags)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def code_sha256(code: Sequence[str]) -> str:
    """Over the sources in these files and folders of the repository."""
    places = [ROOT / place for place in code]
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*.py"))]
    listing = (
        f"{file.relative_to(ROOT)} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in sorted(files)
    )
    return hashlib.sha256("\n".join(listing).encode()).hexdigest()
