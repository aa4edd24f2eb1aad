"""``make benchmark-speed``: a 1080p frame in memory to verdict and heatmap, for each precision.

Once with all that the processor can do, and once held to AVX2_VNNI, which stands in for small edge processors.
Each repetition is a process of its own, in turns, so that a disturbance meets all alike; figures are medians.

Example:
  python -m benchmarks.speed
  python -m benchmarks.speed --runs 200 --repetitions 1 --precisions int8 --json trial.json
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from benchmarks.command import Figures
from benchmarks.conditions import ROOT, Others, conditions_here
from benchmarks.frames import Repetition
from benchmarks.front import run
from benchmarks.page import PAGE
from benchmarks.resize import time_resizes
from benchmarks.speed_bundles import SET, Bundles, make_bundles
from benchmarks.speed_results import NATIVE, SpeedFile, Timed, head, tables
from edge import progress
from edge.errors import DeviceError
from export.variants import PRECISIONS
from train.models.registry import DEFAULT

FIGURES = Figures("speed", PAGE, "speed")
EDGE_ISA = "AVX2_VNNI"
ISAS = (NATIVE, EDGE_ISA)
RUNS = 1000
REPETITIONS = 3


def main() -> None:
    """Measures, prints tables, writes JSON; results in the usual place go to the documentation as well.

    Raises:
        EdgeAdError: a bundle cannot be made or run.
    """
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="edge-ad-speed-") as folder:
        bundles = make_bundles(arguments.precisions, Path(folder))
        timed = _time_all(bundles, arguments.runs, arguments.repetitions, Path(folder))
    with progress.bar("the resize alone", None):
        resizes = tuple(time_resizes())
    results = SpeedFile(
        conditions=conditions_here(),
        measured=datetime.now(UTC),
        model=DEFAULT,
        set=SET,
        train_s=bundles.train_s,
        bundles=bundles.costs,
        timed=tuple(timed),
        resizes=resizes,
    )
    FIGURES.publish(results, head(results), tables(results), json=arguments.json)


def _arguments() -> argparse.Namespace:
    parser = FIGURES.parser(__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="frames of each repetition, after the warm-up")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help="processes for each figure")
    parser.add_argument(
        "--precisions", nargs="+", choices=PRECISIONS, default=list(PRECISIONS), help="all by default"
    )
    return parser.parse_args()


def _time_all(bundles: Bundles, runs: int, repetitions: int, work: Path) -> list[Timed]:
    turns = list(product(range(repetitions), bundles.paths, ISAS))
    timed = []
    with progress.bar("timing frames", len(turns)) as advance:
        for _, precision, isa in turns:
            others = Others()
            figures = in_a_process(bundles.paths[precision], bundles.pictures, runs, isa, work / f"compiled-{isa}")
            timed.append(Timed(isa=isa, others_cores=others.cores(), figures=figures))
            advance(1)
    return timed


def in_a_process(model: Path, pictures: list[Path], runs: int, isa: str, cache: Path) -> Repetition:
    """One repetition; oneDNN reads the cap on the instruction set once, so it must be there from the start.

    Raises:
        DeviceError: the process failed.
    """
    command = [sys.executable, "-m", "benchmarks.frames", "--model", str(model), "--frames", str(runs)]
    command += ["--cache", str(cache), "--pictures", *map(str, pictures)]
    environment = {name: value for name, value in os.environ.items() if name != "ONEDNN_MAX_CPU_ISA"}
    if isa != NATIVE:
        environment["ONEDNN_MAX_CPU_ISA"] = isa
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or ["nothing"]
        raise DeviceError(f"timing {model.name} under {isa} failed: {said[-1]}")
    return Repetition.model_validate_json(ended.stdout)


if __name__ == "__main__":
    run(main)
