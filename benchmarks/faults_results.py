"""What the fault tests give, and its table."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.conditions import Conditions
from benchmarks.tables import Table


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FaultResult(_Part):
    """What one test measured."""

    test: str = Field(description="pytest's name of the test")
    proves: str = Field(description="the same in words")
    lines: tuple[str, ...]
    passed: bool
    long: bool = Field(description="in the long form of 'make faults', not in the short one of 'make test'")
    measured: datetime = Field(description="UTC, at the end")


class FaultResults(_Part):
    """The content of the results file."""

    conditions: Conditions
    results: tuple[FaultResult, ...]


def head(results: FaultResults) -> str:
    """Where and when."""
    days = sorted({result.measured.date().isoformat() for result in results.results})
    failed = sum(not result.passed for result in results.results)
    state = f"**{failed} of them failed.**" if failed else "All of them passed."
    return (
        f"Measured {' to '.join(dict.fromkeys((days[0], days[-1])))} by `make faults` on: "
        f"{results.conditions.as_line()}. {state}"
    )


def table(results: FaultResults) -> Table:
    """One row for each test that measures."""
    rows = [
        (
            result.proves,
            "long" if result.long else "short",
            ("" if result.passed else "**failed:** ") + "; ".join(result.lines).replace("|", "/"),
        )
        for result in results.results
    ]
    return Table("What was measured", ("what is proved", "form", "measured"), rows, names=3)
