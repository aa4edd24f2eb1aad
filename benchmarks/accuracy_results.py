"""The file that accuracy results live in: a run that was interrupted goes on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.cell import Cell, Key
from benchmarks.conditions import Conditions


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
