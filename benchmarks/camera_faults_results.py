"""What a run on camera faults gives, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.conditions import Conditions, headline
from benchmarks.tables import Table, number


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Counted(_Part):
    """Pictures of one kind."""

    kind: str = Field(description="e.g. 'defective', or the fault that was simulated")
    pictures: int
    called: int = Field(description="of a sound kind: called any fault; of a fault: called this very fault")


class SetResult(_Part):
    """What the watch said about the pictures of one set."""

    set: str
    reference: int = Field(description="good training pictures that the reference was taken of")
    blind: tuple[str, ...] = Field(description="what the reference itself says it cannot find")
    sound: tuple[Counted, ...]
    faults: tuple[Counted, ...]


class LookTiming(_Part):
    """Milliseconds of one look at a 1080p frame, on one core."""

    frame: str
    p50_ms: float
    p99_ms: float
    looks: int
    others_cores: float = Field(description="cores that other processes kept busy meanwhile")


class FaultsFile(_Part):
    """The content of the results file."""

    conditions: Conditions
    measured: datetime = Field(description="UTC, at the end")
    sets: tuple[SetResult, ...]
    timed: tuple[LookTiming, ...]


def head(results: FaultsFile) -> str:
    """Where and when, and whether the machine was left alone."""
    loads = [timing.others_cores for timing in results.timed]
    return headline(results.measured, "make benchmark-faults", results.conditions, loads, runs="timings")


def tables(results: FaultsFile) -> list[Table]:
    """False faults, faults found, blind spots, timings."""
    return [
        _shares("Sound pictures called a fault of the camera", results, [r.sound for r in results.sets]),
        _shares("Simulated faults found, by their name", results, [r.faults for r in results.sets]),
        _blind(results),
        _timings(results),
    ]


def _shares(title: str, results: FaultsFile, counted: Sequence[Sequence[Counted]]) -> Table:
    """One row for each kind, one column for each set."""
    rows = [
        (each[0].kind, *(f"{one.called / one.pictures:.1%} of {one.pictures}" for one in each))
        for each in zip(*counted, strict=True)
    ]
    return Table(title, ("pictures", *(result.set for result in results.sets)), rows, names=1)


def _blind(results: FaultsFile) -> Table:
    rows = [(result.set, str(result.reference), "; ".join(result.blind) or "nothing") for result in results.sets]
    return Table("What the references say cannot be found", ("set", "good pictures", "cannot be found"), rows, 3)


def _timings(results: FaultsFile) -> Table:
    rows = [
        (timing.frame, number(timing.p50_ms), number(timing.p99_ms), str(timing.looks)) for timing in results.timed
    ]
    return Table("One look at a 1080p frame, one core", ("frame", "p50 ms", "p99 ms", "looks"), rows, names=1)
