"""What a run of the benchmark of teaching gives, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from benchmarks.conditions import Conditions, headline
from benchmarks.tables import Table, number
from benchmarks.teach_accuracy import Accuracy
from benchmarks.teach_speed import Cost

COMMAND = "make benchmark-teach"


class Part(BaseModel):
    """When and where one part was measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: Conditions
    measured: datetime = Field(description="UTC, at the end")


class Costs(Part):
    """Part ``speed``."""

    runs: tuple[Cost, ...]


class Accuracies(Part):
    """Parts ``accuracy`` and ``curve``."""

    rows: tuple[Accuracy, ...]


class TeachFile(BaseModel):
    """The content of the results file: each part as it was measured last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    speed: Costs | None = None
    accuracy: Accuracies | None = None
    curve: Accuracies | None = None


def speed_head(part: Costs) -> str:
    """Where and when, and whether the machine was left alone."""
    loads = [run.others_cores for run in part.runs]
    return headline(part.measured, COMMAND, part.conditions, loads, runs="runs", of="edge-ad teach")


def accuracy_head(part: Accuracies) -> str:
    """Where and when; other work changes no score."""
    return f"Measured {part.measured.date().isoformat()} by `{COMMAND}` on: {part.conditions.as_line()}."


def speed_table(part: Costs) -> Table:
    """Medians over the repetitions, and the most memory of any."""
    rows = []
    for what in dict.fromkeys(run.what for run in part.runs):
        runs = [run for run in part.runs if run.what == what]
        elapsed, computing = (
            number(float(np.median([getattr(run, name) for run in runs])), 1)
            for name in ("elapsed_s", "computing_s")
        )
        most = max(run.resident_mb for run in runs)
        rows.append((what, elapsed, computing, number(most, 0), str(len(runs))))
    columns = ("command", "seconds", "seconds of a core", "most resident MB", "repetitions")
    return Table("From pictures to an installed candidate", columns, rows, names=1)


def accuracy_table(part: Accuracies) -> Table:
    """Every way to a model, beside the difference from the workstation's."""
    rows = []
    for row in part.rows:
        workstation = next(each for each in part.rows if each.set == row.set)
        apart = "" if row is workstation else f"{row.image_auroc - workstation.image_auroc:+.4f}"
        rows.append((row.set, row.way, *_figures(row), apart))
    columns = ("set", "8 bits set on", *_COLUMNS, "against the workstation")
    return Table("Taught on the device against trained on the workstation", columns, rows)


def curve_table(part: Accuracies) -> Table:
    """One row for each number of pictures."""
    rows = [(row.set, str(row.pictures), *_figures(row)) for row in part.rows]
    return Table("How many pictures it takes", ("set", "pictures", *_COLUMNS), rows, names=1)


_COLUMNS = ("image AUROC", "95 % interval", "promised false alarms", "seen", "runs")


def _figures(row: Accuracy) -> Sequence[str]:
    low, high = row.interval
    return (
        number(row.image_auroc, 4),
        f"{low:.3f} to {high:.3f}",
        f"{row.promised:.1%}",
        f"{row.false_alarms:.1%}",
        str(row.runs),
    )
