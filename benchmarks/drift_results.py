"""What a run on drift gives, and its tables."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from benchmarks.conditions import Conditions, headline
from benchmarks.tables import Table, number

WITHIN = 50


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Found(_Part):
    """How many changed parts it took, in each run."""

    set: str
    change: str
    calibration: int = Field(description="good parts that the watch was calibrated on")
    runs: tuple[dict[str, int], ...] = Field(description="parts until a figure was said to drift, where it was")

    def until(self, figure: str) -> list[float]:
        return [run.get(figure, np.inf) for run in self.runs]

    @property
    def until_any(self) -> list[float]:
        return [min(run.values(), default=np.inf) for run in self.runs]


class Undisturbed(_Part):
    """Streams of parts without any drift."""

    of: str
    calibration: int = Field(description="good parts that the watch was calibrated on")
    figures: int = Field(description="figures followed at once")
    parts: int = Field(description="in each stream")
    streams: int
    alarms: int = Field(description="streams in which drift was said")


class TakeTiming(_Part):
    """Microseconds for one part, on one core."""

    what: str
    p50_us: float
    p99_us: float
    parts: int
    others_cores: float = Field(description="cores that other processes kept busy meanwhile")


class DriftFile(_Part):
    """The content of the results file."""

    conditions: Conditions
    measured: datetime = Field(description="UTC, at the end")
    parts_to_false_alarm: int
    found: tuple[Found, ...]
    undisturbed: tuple[Undisturbed, ...]
    timed: tuple[TakeTiming, ...]


def head(results: DriftFile) -> str:
    """Where and when, and whether the machine was left alone."""
    loads = [timing.others_cores for timing in results.timed]
    return headline(results.measured, "python -m benchmarks.drift", results.conditions, loads, runs="timings")


def tables(results: DriftFile) -> list[Table]:
    """Changes found, false alarms, timings."""
    return [_found(results), _undisturbed(results), _timed(results)]


def _found(results: DriftFile) -> Table:
    rows = []
    for each in results.found:
        within = np.mean(np.array(each.until_any) <= WITHIN)
        figures = (_median(each.until(name)) for name in ("scores", "brightness", "sharpness", "position"))
        rows.append(
            (
                *(each.set, each.change, str(each.calibration)),
                *(_median(each.until_any), _level(each.until_any, 0.95), f"{within:.0%} of {len(each.runs)}"),
                *figures,
            )
        )
    columns = ("set", "change", "calibrated on", "parts, median", "95 %", f"within {WITHIN} parts")
    return Table(
        "Parts until a change is found", (*columns, "by scores", "brightness", "sharpness", "position"), rows
    )


def _median(until: list[float]) -> str:
    return _level(until, 0.5)


def _level(until: list[float], level: float) -> str:
    value = np.sort(until)[min(len(until) - 1, int(level * len(until)))]
    return f"{value:.0f}" if np.isfinite(value) else "-"


def _undisturbed(results: DriftFile) -> Table:
    rows = []
    for each in results.undisturbed:
        promised = min(1.0, each.parts / results.parts_to_false_alarm)
        rows.append(
            (
                *(each.of, str(each.calibration), str(each.figures), f"{each.streams} x {each.parts}"),
                *(str(each.alarms), f"{promised:.1%} of {each.streams}"),
            )
        )
    columns = (
        "parts",
        "calibrated on",
        "figures",
        "streams",
        "with a false alarm",
        "promised: at most, on average",
    )
    return Table("False alarms without any drift", columns, rows, names=1)


def _timed(results: DriftFile) -> Table:
    rows = [(each.what, number(each.p50_us, 1), number(each.p99_us, 1), str(each.parts)) for each in results.timed]
    return Table("One part, one core", ("what", "p50 us", "p99 us", "parts"), rows, names=1)
