"""What teaching costs: ``edge-ad teach`` in a process of its own, from 1080p files to an installed candidate."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from benchmarks.conditions import ROOT, Others
from benchmarks.datasets import find_set
from benchmarks.teach_backbones import OTHERS, make_backbone
from edge.benchmark.memory import descendants_of, proportional_mb
from edge.errors import EdgeAdError
from edge.pictures import read_picture

PRODUCT = "bottle"
TAUGHT, ADDED = 120, 20
HEIGHT_PX, WIDTH_PX = 1080, 1920
LOOK_S = 0.02
CORES = 2  # of a device; a larger machine's others are not used


class Cost(BaseModel):
    """One run of the command."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    pictures: int = Field(description="in all, after it")
    elapsed_s: float = Field(description="from the start of the process to its end")
    computing_s: float = Field(description="of the processor, all cores together")
    resident_mb: float = Field(
        description="10^6 bytes, the most at any time: of the command's process, or with its children (PSS)"
    )
    others_cores: float = Field(description="cores that other processes kept busy meanwhile")


def costs(repetitions: int, work: Path) -> tuple[Cost, ...]:
    """Teaches a product and adds to it, each time in a new folder."""
    backbone = make_backbone(OTHERS, PRODUCT, work)
    first, more = _full_hd(work / "taught", 0, TAUGHT), _full_hd(work / "added", TAUGHT, ADDED)
    found = []
    for number in range(repetitions):
        options = ["--state-dir", str(work / f"state-{number}"), "--device", "CPU"]
        new = ["--backbone", str(backbone.path), *options]
        camera = ["--camera", str(first), "--count", str(TAUGHT), "--name", "seen", *new]
        found.append(_run(f"teach {TAUGHT} pictures of 1080p from a folder as camera", TAUGHT, camera))
        images = ["--images", str(first), "--name", PRODUCT, *new]
        found.append(_run(f"teach {TAUGHT} pictures of 1080p", TAUGHT, images))
        add = ["--images", str(more), "--name", PRODUCT, "--add", *options]
        found.append(_run(f"add {ADDED}", TAUGHT + ADDED, add))
    return tuple(found)


def _run(what: str, pictures: int, options: Sequence[str]) -> Cost:
    return cost_of(what, pictures, [sys.executable, "-m", "edge", "teach", *options])


def cost_of(what: str, pictures: int, command: Sequence[str]) -> Cost:
    """Runs a command on two cores, and watches it and the processes that it starts.

    Raises:
        EdgeAdError: it failed.
    """
    others = Others()
    began_s = time.monotonic()
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    before_s = _children_s()
    with _on_two_cores():
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    most = 0.0
    while process.poll() is None:
        together = proportional_mb([process.pid, *descendants_of(process.pid)])
        most = max(most, _most_resident_mb(process.pid), together)
        time.sleep(LOOK_S)
    elapsed_s = time.monotonic() - began_s
    if process.returncode:
        raise EdgeAdError(f"{what}: ended with exit code {process.returncode}")
    return Cost(
        what=what,
        pictures=pictures,
        elapsed_s=round(elapsed_s, 2),
        computing_s=round(_children_s() - before_s, 2),
        resident_mb=round(most, 1),
        others_cores=others.cores(),
    )


@contextmanager
def _on_two_cores() -> Iterator[None]:
    """What is started meanwhile stays on them."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:CORES])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _children_s() -> float:
    used = os.times()
    return used.children_user + used.children_system


def _most_resident_mb(pid: int) -> float:
    """What the kernel noted as the most since the program began; what ``wait4`` gives counts its parent too."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    kib = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
    return kib * 1024 / 1e6


def _full_hd(folder: Path, start: int, count: int) -> Path:
    """Good parts before a white wall, as PNG."""
    folder.mkdir()
    dataset = find_set(PRODUCT, folder)
    for number, path in enumerate(dataset.train[start : start + count]):
        frame = np.full((HEIGHT_PX, WIDTH_PX, 3), 250, np.uint8)
        left = (WIDTH_PX - HEIGHT_PX) // 2
        frame[:, left : left + HEIGHT_PX] = cv2.resize(read_picture(path), (HEIGHT_PX, HEIGHT_PX))
        cv2.imwrite(str(folder / f"{number:03}.png"), frame)
    return folder
