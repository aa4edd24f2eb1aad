"""``make benchmark-teach``: what it costs to teach a product on the device, and what comes of it.

Example:
  python -m benchmarks.teach
  python -m benchmarks.teach --parts speed
  python -m benchmarks.teach --parts curve --sets bottle --counts 10 20 --draws 1 --json trial.json
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.command import Figures
from benchmarks.conditions import ROOT, conditions_here
from benchmarks.datasets import absent
from benchmarks.front import run
from benchmarks.results_file import read_results, write_results
from benchmarks.teach_accuracy import compare
from benchmarks.teach_backbones import SETS
from benchmarks.teach_curve import learning_curve
from benchmarks.teach_results import (
    Accuracies,
    Costs,
    TeachFile,
    accuracy_head,
    accuracy_table,
    curve_table,
    speed_head,
    speed_table,
)
from benchmarks.teach_speed import costs
from edge.errors import UsageError

PAGE = ROOT / "docs" / "teach.md"
SPEED, ACCURACY, CURVE = (Figures("teach", PAGE, f"teach-{part}") for part in ("speed", "accuracy", "curve"))
PARTS = ("speed", "accuracy", "curve")
COUNTS = (10, 20, 40, 80, 160)


def main() -> None:
    """Measures, prints tables, writes JSON after each part; those in the usual place go to the page as well.

    Raises:
        UsageError: a set is not here, or the JSON is of another kind.
    """
    arguments = _arguments()
    for name in SETS:  # even where only some are measured: the others quantize the backbone
        if reason := absent(name):
            raise UsageError(f"{name} is needed: {reason}")
    results = read_results(arguments.json, TeachFile) or TeachFile()
    with tempfile.TemporaryDirectory(prefix="edge-ad-teach-") as folder:
        for part in arguments.parts:
            results = results.model_copy(update={part: _measured(part, arguments, Path(folder))})
            write_results(arguments.json, results)
    _show(results, arguments.json)


def _measured(part: str, arguments: argparse.Namespace, work: Path) -> Costs | Accuracies:
    if part == "speed":
        runs = costs(arguments.repetitions, work)
        return Costs(conditions=conditions_here(), measured=datetime.now(UTC), runs=runs)
    if part == "accuracy":
        rows = compare(arguments.sets, arguments.seeds, work)
    else:
        rows = learning_curve(arguments.sets, arguments.counts, arguments.draws, work)
    return Accuracies(conditions=conditions_here(), measured=datetime.now(UTC), rows=rows)


def _show(results: TeachFile, json: Path) -> None:
    if results.speed:
        SPEED.show(speed_head(results.speed), [speed_table(results.speed)], json=json)
    if results.accuracy:
        ACCURACY.show(accuracy_head(results.accuracy), [accuracy_table(results.accuracy)], json=json)
    if results.curve:
        CURVE.show(accuracy_head(results.curve), [curve_table(results.curve)], json=json)


def _arguments() -> argparse.Namespace:
    parser = SPEED.parser(__doc__)
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=list(PARTS), help="all by default")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), help="all by default")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], help="of the accuracy's splits")
    parser.add_argument("--counts", nargs="+", type=int, default=list(COUNTS), help="pictures of the curve")
    parser.add_argument("--draws", type=int, default=10, help="of so many pictures, for the curve")
    parser.add_argument("--repetitions", type=int, default=3, help="of the timed commands")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
