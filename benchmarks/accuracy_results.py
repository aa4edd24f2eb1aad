"""The file that accuracy results live in: a run that was interrupted goes on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from benchmarks.cell import Cell, Key
from benchmarks.conditions import Conditions
from edge.errors import UsageError


class AccuracyFile(BaseModel):
    """Cells measured under the same conditions, and those that a run still owes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: Conditions
    pending: tuple[Key, ...] = Field(default=(), description="asked for and not measured, after an interruption")
    cells: tuple[Cell, ...] = ()

    def owing(self, keys: Sequence[Key]) -> AccuracyFile:
        """Adds cells to be measured."""
        return self.model_copy(update={"pending": tuple(sorted({*self.pending, *keys}))})

    def measured(self, cell: Cell) -> AccuracyFile:
        """Adds a cell, in place of an older one of the same key."""
        cells = sorted((*(c for c in self.cells if c.key != cell.key), cell), key=lambda c: c.key)
        pending = tuple(key for key in self.pending if key != cell.key)
        return self.model_copy(update={"cells": tuple(cells), "pending": pending})


@dataclass(frozen=True)
class Plan:
    """What a run has to do.

    Attributes:
        file: to go on from.
        todo: cells to measure.
        resumed: cells asked for that the interrupted run before has measured.
        dropped: cells of the file that were measured under other conditions.
    """

    file: AccuracyFile
    todo: tuple[Key, ...]
    resumed: int
    dropped: int


def plan(before: AccuracyFile | None, here: Conditions, asked: Sequence[Key]) -> Plan:
    """Every cell asked for is measured anew; after an interrupted run, those alone that it still owes."""
    if before is None or before.conditions != here:
        dropped = len(before.cells) if before else 0
        return Plan(AccuracyFile(conditions=here).owing(asked), tuple(asked), 0, dropped)
    todo = tuple(key for key in asked if key in before.pending) or tuple(asked)
    return Plan(before.owing(todo), todo, len(asked) - len(todo), 0)


def read_results(path: Path) -> AccuracyFile | None:
    """The file of an earlier run; None where there is none.

    Raises:
        UsageError: the file is not one of these.
    """
    if not path.is_file():
        return None
    try:
        return AccuracyFile.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError, OSError) as error:
        raise UsageError(
            f"{path} is not a result of this benchmark", hint="remove it, or give another --json"
        ) from error


def write_results(path: Path, results: BaseModel) -> None:
    """Writes results as JSON; the file before is replaced only when the new one is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".partial")
    fresh.write_text(results.model_dump_json(indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)
