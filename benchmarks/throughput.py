"""``edge-ad run`` on a camera that plays from memory against a bare asynchronous queue on the same bundle."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from itertools import product
from statistics import median
from typing import get_args

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.conditions import ROOT
from benchmarks.line_results import Goal, at_least
from benchmarks.line_setup import FULL_HD, MODEL_SIZE, Setup
from benchmarks.tables import Table, number
from edge.benchmark.rates import verdicts
from edge.errors import DeviceError
from edge.inference.devices import Hint
from edge.progress import Advance

SHARE = 0.95
WARM_UP_S = 1.0
CASES: Sequence[tuple[Hint, str]] = list(product(get_args(Hint), (MODEL_SIZE, FULL_HD)))


class Throughput(BaseModel):
    """Frames per second with one hint and one size of picture; medians of rounds in turns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hint: str
    pictures: str
    bare: tuple[float, ...] = Field(description="AsyncInferQueue, each round")
    station: tuple[float, ...] = Field(description="edge-ad run, each round")
    share: float = Field(description="median of the rounds' shares")


def measure(
    setup: Setup, *, seconds: float, rounds: int, seen: Advance, cases: Sequence[tuple[Hint, str]] = CASES
) -> list[Throughput]:
    """Runs the two in turns, so that a disturbance meets both.

    Raises:
        DeviceError: one of them failed.
    """
    bare: dict[tuple[str, str], list[float]] = {case: [] for case in cases}
    station: dict[tuple[str, str], list[float]] = {case: [] for case in cases}
    for _, (hint, size) in product(range(rounds), cases):
        with setup.watched():
            bare[hint, size].append(_bare(setup, hint, size, seconds))
        station[hint, size].append(_station(setup, hint, size, seconds))
        seen(1)
    return [
        Throughput(
            hint=hint,
            pictures=size,
            bare=tuple(bare[hint, size]),
            station=tuple(station[hint, size]),
            share=round(median(s / b for s, b in zip(station[hint, size], bare[hint, size], strict=True)), 3),
        )
        for hint, size in cases
    ]


def goals(rows: Sequence[Throughput]) -> list[Goal]:
    """The daemon's share of the bare queue's rate."""
    return [
        at_least(f"share of the bare queue, hint {row.hint}, pictures of {row.pictures}", row.share, SHARE)
        for row in rows
    ]


def table(rows: Sequence[Throughput]) -> Table:
    """Rates side by side."""
    lines = [
        (
            row.hint,
            row.pictures,
            number(median(row.bare), 0),
            number(median(row.station), 0),
            number(row.share),
            str(len(row.bare)),
        )
        for row in rows
    ]
    columns = ("hint", "pictures", "bare queue", "edge-ad run", "share", "rounds")
    return Table("Frames per second against a bare queue", columns, lines)


def _bare(setup: Setup, hint: str, size: str, seconds: float) -> float:
    folder = setup.sources[size].removeprefix("memory:")
    command = [sys.executable, "-m", "benchmarks.bare_queue", "--model", str(setup.model), "--pictures", folder]
    command += ["--hint", hint, "--seconds", str(seconds)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise DeviceError(f"the bare queue failed: {(ended.stderr.strip().splitlines() or ['nothing said'])[-1]}")
    return float(ended.stdout)


def _station(setup: Setup, hint: str, size: str, seconds: float) -> float:
    with setup.station(setup.cameras(1, size), inference__hint=hint) as probed:
        verdicts(probed.run, 1, WARM_UP_S)
        counted, elapsed_s = verdicts(probed.run, 1, seconds)
    return round(sum(counted.values()) / elapsed_s, 1)
