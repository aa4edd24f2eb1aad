"""What a speed run gives, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from statistics import median

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.conditions import Conditions, headline
from benchmarks.frames import Repetition
from benchmarks.resize import ResizeTiming
from benchmarks.speed_bundles import BundleCost
from benchmarks.tables import Table, number

NATIVE = "native"
LATENCY = {  # column: (figure of a repetition, decimal places)
    "p50 ms": ("p50_ms", 2),
    "p99 ms": ("p99_ms", 2),
    "resize ms": ("preprocess_ms", 2),
    "inference ms": ("inference_ms", 2),
    "verdict ms": ("postprocess_ms", 2),
    "frames per s": ("frames_per_s", 0),
    "resident MB": ("resident_mb", 0),
}


class Timed(BaseModel):
    """One repetition under one cap on the instruction set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    isa: str = Field(description="value of ONEDNN_MAX_CPU_ISA, or 'native' where it was not set")
    others_cores: float = Field(description="cores that other processes kept busy meanwhile")
    figures: Repetition


class SpeedFile(BaseModel):
    """The content of the results file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: Conditions
    measured: datetime = Field(description="UTC, at the end")
    model: str
    set: str
    train_s: float
    bundles: tuple[BundleCost, ...]
    timed: tuple[Timed, ...]
    resizes: tuple[ResizeTiming, ...]


def head(results: SpeedFile) -> str:
    """Where and when, and whether the machine was left alone."""
    loads = [timed.others_cores for timed in results.timed]
    return headline(results.measured, "make benchmark-speed", results.conditions, loads, runs="repetitions")


def tables(results: SpeedFile) -> list[Table]:
    """Latency, memory and rate; costs of the bundles; the resize alone."""
    return [_latency(results), _kernels(results), _costs(results), _resizes(results)]


def _groups(results: SpeedFile) -> list[tuple[str, str, list[Repetition]]]:
    def key(timed: Timed) -> tuple[str, str]:
        return timed.isa, timed.figures.precision

    order = list(dict.fromkeys(key(timed) for timed in results.timed))
    ordered = sorted(results.timed, key=lambda timed: order.index(key(timed)))
    return [(*names, [timed.figures for timed in group]) for names, group in groupby(ordered, key=key)]


def _latency(results: SpeedFile) -> Table:
    rows = []
    for isa, precision, each in _groups(results):
        medians = [
            number(median(getattr(repetition, figure) for repetition in each), places)
            for figure, places in LATENCY.values()
        ]
        rows.append((isa, precision, *medians, f"{len(each)} x {each[0].frames}"))
    columns = ("instruction set", "precision", *LATENCY, "frames")
    return Table("1080p frame in memory to verdict and heatmap", columns, rows)


def _kernels(results: SpeedFile) -> Table:
    rows = [
        (isa, precision, ", ".join(f"{name} ({count})" for name, count in each[0].kernels.items()))
        for isa, precision, each in _groups(results)
    ]
    return Table("Kernels that ran the convolutions", ("instruction set", "precision", "kernels"), rows, names=3)


def _costs(results: SpeedFile) -> Table:
    rows = [
        (cost.precision, number(cost.bytes / 1e6, 1), number(cost.export_s, 1), number(results.train_s, 1))
        for cost in results.bundles
    ]
    return Table(
        f"Bundles: {results.model} on {results.set}", ("precision", "MB", "export s", "training s"), rows, names=1
    )


def _resizes(results: SpeedFile) -> Table:
    rows: Sequence[Sequence[str]] = [
        (timing.way, str(timing.threads), number(timing.p50_ms, 2)) for timing in results.resizes
    ]
    return Table("1080p to 256 x 256, the resize alone", ("way", "threads", "p50 ms"), rows, names=1)
