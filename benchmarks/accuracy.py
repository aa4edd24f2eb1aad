"""``make benchmark-accuracy``: what the INT8 models reach on labelled pictures, run by the runtime.

Each cell, one model on one set with one seed, is trained, exported and judged as a user would with the commands'
defaults. Results go to JSON after each cell, so an interrupted run goes on when it is started again.

Example:
  python -m benchmarks.accuracy
  python -m benchmarks.accuracy --models patchcore --sets capsule --seeds 3
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.accuracy_results import AccuracyFile, Plan, plan
from benchmarks.accuracy_tables import head, tables
from benchmarks.cell import Cell, Key, measure
from benchmarks.command import Figures
from benchmarks.conditions import conditions_here
from benchmarks.datasets import SETS, absent, find_set
from benchmarks.front import run
from benchmarks.page import PAGE
from benchmarks.results_file import read_results, write_results
from edge.errors import UsageError
from train.models.registry import KINDS

FIGURES = Figures("accuracy", PAGE, "accuracy")
MODELS = ("padim", "patchcore")  # those that are trained in seconds
SEEDS = {"padim": (0, 1, 2, 3, 4)}  # of other models the first alone


def main() -> None:
    """Measures, prints tables, writes JSON; results in the usual place go to the documentation as well.

    Raises:
        UsageError: none of the sets is here, or the JSON is of another kind.
        EdgeAdError: a cell cannot be measured.
    """
    arguments = _arguments()
    results = read_results(arguments.json, AccuracyFile) if arguments.tables_only else _measured(arguments)
    if results is None or not results.cells:
        raise UsageError(f"{arguments.json} has no results", hint="measure some: leave out --tables-only")
    shown = tables(results.cells)
    FIGURES.show(head(results.conditions, results.cells), shown, json=arguments.json)


def _arguments() -> argparse.Namespace:
    parser = FIGURES.parser(__doc__)
    parser.add_argument(
        "--models",
        nargs="+",
        choices=list(KINDS),
        default=list(MODELS),
        help="padim and patchcore by default",
    )
    parser.add_argument("--sets", nargs="+", choices=SETS, default=None, help="those that are here by default")
    parser.add_argument(
        "--seeds", nargs="+", type=int, default=None, help="for every model; by default 0 to 4, for patchcore 0"
    )
    parser.add_argument("--work", type=Path, default=None, help="keep checkpoints and bundles in this folder")
    parser.add_argument("--tables-only", action="store_true", help="of the JSON as it is; nothing is measured")
    return parser.parse_args()


def _measured(arguments: argparse.Namespace) -> AccuracyFile:
    planned = plan(read_results(arguments.json, AccuracyFile), conditions_here(), _asked(arguments))
    _say_plan(planned)
    if arguments.work is not None:
        return _measure_all(planned, arguments.json, arguments.work)
    with tempfile.TemporaryDirectory(prefix="edge-ad-accuracy-") as folder:
        return _measure_all(planned, arguments.json, Path(folder))


def _asked(arguments: argparse.Namespace) -> list[Key]:
    for name in arguments.sets or ():
        if reason := absent(name):
            raise UsageError(f"{name} cannot be measured: {reason}")
    here = arguments.sets or [name for name in SETS if not absent(name)]
    for name in SETS:
        if arguments.sets is None and name not in here:
            _say(f"{name} is left out: {absent(name)}")
    if not here:
        raise UsageError("none of the sets is here", hint="install the extra 'demo', or set EDGE_AD_DATA")
    return [
        Key(model, name, seed)
        for model in arguments.models
        for name in here
        for seed in arguments.seeds or SEEDS.get(model, (0,))
    ]


def _say_plan(planned: Plan) -> None:
    if planned.dropped:
        _say(f"{planned.dropped} earlier results are dropped: other machine, packages or code")
    if planned.resumed:
        _say(f"going on: {planned.resumed} of {planned.resumed + len(planned.todo)} cells are measured already")


def _measure_all(planned: Plan, path: Path, work: Path) -> AccuracyFile:
    results = planned.file
    began_s = time.monotonic()
    for done, key in enumerate(planned.todo):
        _say(f"[{done + 1}/{len(planned.todo)}] {key}{_left(began_s, done, len(planned.todo))}")
        folder = work / key.model / key.set / str(key.seed)
        cell = measure(key, find_set(key.set, work / "sets"), folder)
        results = results.measured(cell)
        write_results(path, results)
        _say_cell(cell)
    return results


def _left(began_s: float, done: int, total: int) -> str:
    if not done:
        return ""
    left_min = (time.monotonic() - began_s) / done * (total - done) / 60
    return f", about {left_min:.0f} min left"


def _say_cell(cell: Cell) -> None:
    low, high = cell.image_auroc_interval
    _say(
        f"  image AUROC {cell.image_auroc:.4f} ({low:.3f} to {high:.3f}), fp32 {cell.fp32_image_auroc:.4f}, "
        f"{cell.train_s:.0f} s to train, {cell.export_s:.0f} s to export"
        + (f"; {cell.refused}" if cell.refused else "")
    )


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    run(main)
