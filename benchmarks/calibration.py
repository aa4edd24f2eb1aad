"""``make benchmark-calibration``: does a threshold keep the false-alarm rate that was stated?

Every part measures cells, one model on one set, and writes each to JSON as soon as it is there. A cell that the
file has is not measured again, so an interrupted run goes on, and a new model is measured alone.

Example:
  python -m benchmarks.calibration
  python -m benchmarks.calibration --parts rates --models padim --sets bottle --again
  python -m benchmarks.calibration --parts rates --sets bottle --fits 2 --json trial.json
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from threadpoolctl import threadpool_limits

from benchmarks.calibration_augment import augment
from benchmarks.calibration_features import Measured, Pictures, float_graph, measured, read_pictures
from benchmarks.calibration_precision import precision
from benchmarks.calibration_published import published
from benchmarks.calibration_rate_tables import formula_tables, rate_tables
from benchmarks.calibration_rates import FITS, rates
from benchmarks.calibration_results import CalibrationFile, Cell, Timings
from benchmarks.calibration_tables import (
    augment_tables,
    head,
    precision_tables,
    published_tables,
    timing_head,
    timing_tables,
)
from benchmarks.calibration_timing import timing
from benchmarks.conditions import ROOT, conditions_here
from benchmarks.datasets import SETS, absent
from benchmarks.front import run
from benchmarks.page import write_tables
from benchmarks.results_file import read_results, write_results
from benchmarks.tables import Table, print_tables
from edge.errors import UsageError
from train.models.registry import KINDS

RESULTS = ROOT / "benchmarks" / "results" / "calibration.json"
PAGE = ROOT / "docs" / "calibration.md"
MEASURED_CODE = ("benchmarks", "calibration", "edge/scorers", "train/models", "train/backbones")

Part = Callable[[Measured, str, Pictures, int], Cell]
PARTS: dict[str, Part] = {
    "rates": lambda model, name, pictures, fits: rates(model, name, fits=fits),
    "published": lambda model, name, pictures, _: published(model, name, pictures),
    "precision": lambda model, name, pictures, _: precision(model, name, pictures),
    "augment": lambda model, name, pictures, _: augment(model, name, pictures),
}
TIMING = "timing"
TABLES: dict[str, Callable[[CalibrationFile], list[Table]]] = {
    "formula": lambda results: formula_tables(),
    "rates": lambda results: rate_tables(results.rates),
    "published": lambda results: published_tables(results.published),
    "precision": lambda results: precision_tables(results.precision),
    "augment": lambda results: augment_tables(results.augment),
    TIMING: lambda results: timing_tables(results.timing),
}


def main() -> None:
    """Measures, prints tables, writes JSON; results in the usual place go to the documentation as well.

    Raises:
        EdgeAdError: none of the sets is here, or the JSON is of another kind.
    """
    arguments = _arguments()
    results = read_results(arguments.json, CalibrationFile)
    if not arguments.tables_only:
        with threadpool_limits(1, user_api="blas"):
            results = _measure(arguments, results)
    if results is None:
        raise UsageError(f"{arguments.json} has no results", hint="measure some: leave out --tables-only")
    for part, tables in TABLES.items():
        print_tables(tables(results))
        if arguments.json.resolve() == RESULTS:
            write_tables(
                PAGE,
                f"calibration-{part}",
                head_of(part, results),
                tables(results),
            )


def head_of(part: str, results: CalibrationFile) -> str:
    """Where and when the figures of one part were measured."""
    if part == TIMING:
        return timing_head(results)
    return head(getattr(results, part)) if part in PARTS else "By formula: nothing is measured."


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calibration",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--parts", nargs="+", choices=list(TABLES), default=list(TABLES), help="all by default")
    parser.add_argument("--models", nargs="+", choices=list(KINDS), default=list(KINDS), help="all by default")
    parser.add_argument(
        "--sets", "--data", nargs="+", choices=SETS, default=None, help="those that are here by default"
    )
    parser.add_argument("--fits", type=int, default=FITS, help="random choices of pictures to fit on")
    parser.add_argument("--again", action="store_true", help="measure cells anew that are in the file")
    parser.add_argument(
        "--json", type=Path, default=RESULTS, help="elsewhere, for a trial that leaves the documentation as it is"
    )
    parser.add_argument("--tables-only", action="store_true", help="of the JSON as it is; nothing is measured")
    return parser.parse_args()


def _measure(arguments: argparse.Namespace, before: CalibrationFile | None) -> CalibrationFile:
    here = conditions_here(MEASURED_CODE)
    results = before or CalibrationFile(rates=())
    if TIMING in arguments.parts:
        timed = Timings(conditions=conditions_here(), measured=datetime.now(UTC), timed=timing())
        results = results.model_copy(update={"timing": timed})
        write_results(arguments.json, results)
    asked = [part for part in arguments.parts if part in PARTS]
    with tempfile.TemporaryDirectory(prefix="edge-ad-calibration-") as folder:
        for name in _sets(arguments.sets) if asked else ():
            pictures = None
            for model in arguments.models:
                parts = [p for p in asked if arguments.again or not results.holds(p, (model, name))]
                if not parts:
                    continue
                pictures = pictures or read_pictures(name, Path(folder))
                features = measured(model, pictures, float_graph(model))
                for part in parts:
                    cell = PARTS[part](features, name, pictures, arguments.fits)
                    here_and_now = {"conditions": here, "measured": datetime.now(UTC)}
                    results = results.with_cell(part, cell.model_copy(update=here_and_now))
                    write_results(arguments.json, results)
    return results


def _sets(asked: list[str] | None) -> list[str]:
    for name in asked or ():
        if reason := absent(name):
            raise UsageError(f"{name} cannot be measured: {reason}")
    for name in SETS:
        if asked is None and (reason := absent(name)):
            sys.stderr.write(f"{name} is left out: {reason}\n")
    here = asked or [name for name in SETS if not absent(name)]
    if not here:
        raise UsageError("none of the sets is here", hint="install the extra 'demo', or set EDGE_AD_DATA")
    return here


if __name__ == "__main__":
    run(main)
