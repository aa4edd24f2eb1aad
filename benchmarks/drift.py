"""``python -m benchmarks.drift``: how soon drift is found, how often where there is none, and what it costs.

Example:
  python -m benchmarks.drift
  python -m benchmarks.drift --sets bottle --runs 5 --streams 2 --parts 1000 --json trial.json
  python -m benchmarks.drift --timing-only
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks.camera_faults_pictures import drawn_part
from benchmarks.conditions import MEASURED_CODE, ROOT, Others, conditions_here
from benchmarks.datasets import SETS, absent
from benchmarks.drift_pictures import CHANGES, SIDE_PX, parts_of
from benchmarks.drift_results import DriftFile, Found, TakeTiming, Undisturbed, head, tables
from benchmarks.drift_streams import (
    CALIBRATED,
    DISTRIBUTIONS,
    OPTIONS,
    alarms_on_real_parts,
    alarms_on_simulated_parts,
    parts_until_found,
)
from benchmarks.front import run
from benchmarks.page import write_tables
from benchmarks.results_file import write_results
from benchmarks.tables import print_tables
from calibration.scores import quantiles
from edge import progress
from edge.errors import UsageError
from edge.health.camera_faults.figures import Figures
from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.taking import ReferenceTaker
from edge.health.camera_faults.watch import FaultWatch
from edge.health.drift.figures import GoodScores
from edge.health.drift.watch import DriftWatch
from edge.pictures import prepare

RESULTS = ROOT / "benchmarks" / "results" / "drift.json"
PAGE = ROOT / "docs" / "drift.md"
RUNS, STREAMS, PARTS = 60, 25, 10_000
SIMULATED_FOR_ONE = 8  # simulated streams for each one of real parts: they are cheaper
CALIBRATIONS = (40, 200)
TIMED = 5000
SHOWN = 16  # different frames


def main() -> None:
    """Measures, prints tables, writes JSON; results in the usual place go to the documentation as well.

    Raises:
        EdgeAdError: none of the sets is here.
    """
    arguments = _arguments()
    before = DriftFile.model_validate_json(RESULTS.read_text(encoding="utf-8")) if arguments.timing_only else None
    found, undisturbed = (before.found, before.undisturbed) if before else _measured(arguments)
    results = DriftFile(
        conditions=conditions_here((*MEASURED_CODE, "edge/health")),
        measured=datetime.now(UTC),
        parts_to_false_alarm=OPTIONS.parts_to_false_alarm,
        found=found,
        undisturbed=undisturbed,
        timed=tuple(time_parts(arguments.timed)),
    )
    write_results(arguments.json, results)
    print_tables(tables(results))
    sys.stdout.write(head(results) + "\n")
    if arguments.json.resolve() == RESULTS:
        write_tables(PAGE, "drift", head(results), tables(results))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.drift",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), help="all by default")
    parser.add_argument("--runs", type=int, default=RUNS, help="for each change of each set")
    parser.add_argument("--streams", type=int, default=STREAMS, help="undisturbed ones for each set")
    parser.add_argument("--parts", type=int, default=PARTS, help="in each of them")
    parser.add_argument("--timed", type=int, default=TIMED, help="timed parts")
    parser.add_argument("--timing-only", action="store_true", help="keep the other figures of the results file")
    parser.add_argument(
        "--json", type=Path, default=RESULTS, help="elsewhere, for a trial that leaves the documentation as it is"
    )
    return parser.parse_args()


def _measured(arguments: argparse.Namespace) -> tuple[tuple[Found, ...], tuple[Undisturbed, ...]]:
    here = [name for name in arguments.sets if not absent(name)]
    if not here:
        raise UsageError("none of the sets is here", hint="install the extra 'demo', or set EDGE_AD_DATA")
    found: list[Found] = []
    undisturbed: list[Undisturbed] = []
    with tempfile.TemporaryDirectory(prefix="edge-ad-drift-") as folder:
        for name in here:
            of_set, streams = watch_set(name, Path(folder), arguments.runs, arguments.streams, arguments.parts)
            found += of_set
            undisturbed += streams
    undisturbed += simulated(arguments.streams * SIMULATED_FOR_ONE, arguments.parts)
    return tuple(found), tuple(undisturbed)


def watch_set(name: str, work: Path, runs: int, streams: int, count: int) -> tuple[list[Found], list[Undisturbed]]:
    """Changes found on real parts, and false alarms on as many undisturbed ones.

    Raises:
        PictureError: the set is not here.
    """
    parts = parts_of(name, work)
    calibration = round(CALIBRATED * len(parts.good))
    found = []
    with progress.bar(f"{name}: changes", len(CHANGES) * runs) as seen:
        for kind in CHANGES:
            until = tuple(parts_until_found(parts, kind, runs, seen))
            found.append(Found(set=name, change=kind, calibration=calibration, runs=until))
    undisturbed = []
    with progress.bar(f"{name}: undisturbed parts", 2 * streams) as seen:
        for share, of in ((0.0, name), (0.05, f"{name}, 5 % of them defective")):
            alarms = alarms_on_real_parts(parts, count, streams, defective=share, seen=seen)
            undisturbed.append(_undisturbed(of, len(parts.good), 5, count, streams, alarms))
    return found, undisturbed


def simulated(streams: int, count: int) -> list[Undisturbed]:
    """False alarms on drawn values of several distributions."""
    measured = []
    with progress.bar("simulated parts", len(DISTRIBUTIONS) * len(CALIBRATIONS) * streams) as seen:
        for seed, (name, draw) in enumerate(DISTRIBUTIONS.items()):
            for pictures in CALIBRATIONS:
                alarms = alarms_on_simulated_parts(draw, pictures, count, streams, seen, seed=seed)
                measured.append(_undisturbed(f"simulated: {name}", pictures, 1, count, streams, alarms))
    return measured


def _undisturbed(of: str, calibration: int, figures: int, count: int, streams: int, alarms: int) -> Undisturbed:
    return Undisturbed(
        of=of, calibration=calibration, figures=figures, parts=count, streams=streams, alarms=alarms
    )


def time_parts(count: int) -> Iterator[TakeTiming]:
    """Times the drift watch on drawn 1080p parts: after a look for camera faults as in the station, and alone."""
    rng = np.random.default_rng(0)
    frames = [drawn_part(rng, 540, 960) for _ in range(SHOWN)]
    prepared = [prepare(pixels, (SIDE_PX, SIDE_PX)) for pixels in frames]
    taker = ReferenceTaker(partial(prepare, size=(SIDE_PX, SIDE_PX)))
    for pixels in frames:
        taker.look(pixels)
    view = taker.reference()
    good = rng.normal(10, 1, 200)
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        for what, looked, every_s in (
            ("each part, after a look for faults of the camera", True, None),
            ("each part, without that look", False, None),
            ("free-run at 30 frames/s, one frame in 5 s", True, OPTIONS.every_s),
        ):
            options = OPTIONS.model_copy(update={"every_s": every_s or 0.0})
            watch = DriftWatch(options, GoodScores(quantiles(good), good.size), view, each_part=every_s is None)
            faults, others, spent_us = FaultWatch(FaultOptions(), view, live=False), Others(), []
            for number, shown in enumerate(islice(cycle(range(SHOWN)), count)):
                figures = Figures(prepared[shown], frames[shown].shape[:2])
                if looked:
                    faults.look(frames[shown], prepared[shown], 0, figures)
                score = float(rng.normal(10, 1))
                began = time.perf_counter()
                watch.take(score, figures, round(number / 30 * 1e9))
                spent_us.append((time.perf_counter() - began) * 1e6)
            yield TakeTiming(
                what=what,
                p50_us=round(float(np.median(spent_us)), 1),
                p99_us=round(float(np.quantile(spent_us, 0.99)), 1),
                parts=count,
                others_cores=others.cores(),
            )
    finally:
        cv2.setNumThreads(threads)


if __name__ == "__main__":
    run(main)
