"""What every benchmark of the line gives: figures, goals, and under what conditions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.conditions import Conditions, headline
from benchmarks.tables import Table

LINE_CODE = ("benchmarks", "calibration", "edge")


class Goal(BaseModel):
    """What was to be reached, and what was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    figure: str
    goal: str = Field(description="e.g. '>= 0.95'")
    measured: float
    reached: bool


Row = TypeVar("Row", bound=BaseModel)


class LineFile(BaseModel, Generic[Row]):
    """The content of a results file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: Conditions
    measured: datetime = Field(description="UTC, at the end")
    model: str = Field(description="name, kind and precision of the bundle")
    others_cores: tuple[float, ...] = Field(description="cores that other processes kept busy, in each run")
    rows: tuple[Row, ...]
    goals: tuple[Goal, ...]


def at_most(figure: str, measured: float, most: float, unit: str = "") -> Goal:
    """A goal that is reached from below."""
    return Goal(figure=figure, goal=f"<= {most:g}{unit}", measured=round(measured, 3), reached=measured <= most)


def at_least(figure: str, measured: float, least: float, unit: str = "") -> Goal:
    """A goal that is reached from above."""
    return Goal(figure=figure, goal=f">= {least:g}{unit}", measured=round(measured, 3), reached=measured >= least)


def head(results: LineFile[Row], command: str) -> str:
    """Where and when, and whether the machine was left alone."""
    return headline(
        results.measured, command, results.conditions, results.others_cores, runs="runs", of=results.model
    )


def goals_table(goals: Sequence[Goal]) -> Table:
    """Goals and outcomes."""
    rows = [
        (goal.figure, goal.goal, f"{goal.measured:g}", "reached" if goal.reached else "**missed**")
        for goal in goals
    ]
    return Table("Goals", ("figure", "goal", "measured", "outcome"), rows, names=1)
