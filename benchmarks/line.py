"""``make benchmark-line``: the daemon as it runs on a line, against the goals of docs/performance.md.

Each part prints a table and writes a JSON file of its own; results in the usual place go to the documentation as
well. Nothing else may run meanwhile: how busy others were is measured, and said.

Example:
  python -m benchmarks.line
  python -m benchmarks.line --parts throughput shutter --rounds 1 --seconds 3 --output trial/
  python -m benchmarks.line --parts slowed --minutes 10
  python -m benchmarks.line --parts streams --model bottle.xml --pictures bottle/test/good --output trial/
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import footprint, shutter, slowed, streams, throughput
from benchmarks.conditions import ROOT, conditions_here
from benchmarks.front import run
from benchmarks.line_results import LINE_CODE, LineFile, goals_table, head
from benchmarks.line_setup import Setup, setup
from benchmarks.page import write_tables
from benchmarks.results_file import write_results
from benchmarks.tables import Table, print_tables
from edge import progress

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "performance.md"
ROUNDS, SECONDS, MINUTES = 3, 10.0, 10.0


@dataclass(frozen=True)
class Part:
    """One benchmark of the line.

    Attributes:
        row: what it measures, as a pydantic model.
        measure: with the setup and the arguments.
        goals: of its rows.
        table: of its rows.
        command: how to run it alone.
    """

    row: type
    measure: Callable[[Setup, argparse.Namespace], Sequence[Any]]
    goals: Callable[[Sequence[Any]], Sequence[Any]]
    table: Callable[[Sequence[Any]], Table]
    command: str = "make benchmark-line"


def _in_rounds(module: Any, steps: Callable[[int], int]) -> Callable[[Setup, argparse.Namespace], Sequence[Any]]:
    def measure(made: Setup, given: argparse.Namespace) -> Sequence[Any]:
        with progress.bar(module.__name__.partition(".")[2], steps(given.rounds)) as seen:
            rows: Sequence[Any] = module.measure(made, seconds=given.seconds, rounds=given.rounds, seen=seen)
            return rows

    return measure


def _slowed(made: Setup, given: argparse.Namespace) -> Sequence[Any]:
    seconds = given.minutes * 60
    with progress.bar("slowed", -int(-seconds // slowed.STEP_S)) as seen:
        return slowed.measure(made, seconds=seconds, seen=seen)


PARTS = {
    "throughput": Part(
        throughput.Throughput,
        _in_rounds(throughput, lambda n: n * len(throughput.CASES)),
        throughput.goals,
        throughput.table,
    ),
    "shutter": Part(
        shutter.Shutter, _in_rounds(shutter, lambda n: n * len(shutter.RATES_FPS)), shutter.goals, shutter.table
    ),
    "streams": Part(streams.Streams, _in_rounds(streams, lambda n: n), streams.goals, streams.table),
    "footprint": Part(
        footprint.Footprint,
        _in_rounds(footprint, lambda n: n + len(footprint.CAMERAS) - 1),
        footprint.goals,
        footprint.table,
    ),
    "slowed": Part(slowed.Slowed, _slowed, slowed.goals, slowed.table, "make benchmark-slowed"),
}
SHORT = tuple(name for name in PARTS if name != "slowed")


def main() -> None:
    """Measures the parts that were asked for.

    Raises:
        EdgeAdError: a bundle cannot be made, or a station not be run.
    """
    given = _arguments()
    with setup(given.model, given.pictures) as made:
        for name in given.parts:
            results = _measure(name, made, given)
            write_results(given.output / f"{name}.json", results)
            tables = tables_of(name, results)
            print_tables(tables)
            sys.stdout.write(head(results, PARTS[name].command) + "\n")
            if given.output.resolve() == RESULTS:
                write_tables(PAGE, name, head(results, PARTS[name].command), tables)


def tables_of(name: str, results: LineFile[Any]) -> list[Table]:
    """Goals and figures of one part."""
    return [goals_table(results.goals), PARTS[name].table(results.rows)]


def _measure(name: str, made: Setup, given: argparse.Namespace) -> LineFile[Any]:
    part = PARTS[name]
    made.others_cores.clear()
    rows = part.measure(made, given)
    return LineFile[part.row](  # type: ignore[name-defined]
        conditions=conditions_here(LINE_CODE),
        measured=datetime.now(UTC),
        model=made.model_name,
        others_cores=tuple(made.others_cores),
        rows=tuple(rows),
        goals=tuple(part.goals(rows)),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.line",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--parts", nargs="+", choices=tuple(PARTS), default=list(SHORT), help="all but slowed")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="runs of each figure; medians count")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="length of each run")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="length of the slowed run")
    parser.add_argument("--model", type=Path, help="the .xml of a bundle, with --pictures; else one is made")
    parser.add_argument("--pictures", type=Path, help="folder of pictures to show")
    parser.add_argument(
        "--output",
        type=Path,
        default=RESULTS,
        help="elsewhere, for a trial that leaves the page as it is",
    )
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
