"""``make benchmark-faults``: are defective parts called faults of the camera, are those found, and what it costs.

Example:
  python -m benchmarks.camera_faults
  python -m benchmarks.camera_faults --sets bottle --looks 200 --json trial.json
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks.camera_faults_pictures import FAULTS, SHIFT, SOUND, blurred, drawn_part, moved
from benchmarks.camera_faults_results import Counted, FaultsFile, LookTiming, SetResult, head, tables
from benchmarks.command import Figures
from benchmarks.conditions import ROOT, Others, conditions_here
from benchmarks.datasets import SETS, absent, find_set
from benchmarks.front import run
from edge import progress
from edge.errors import UsageError
from edge.health.camera_faults.blind import blind_spots
from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.reference import ViewReference
from edge.health.camera_faults.taking import ReferenceTaker
from edge.health.camera_faults.watch import FaultWatch
from edge.pictures import Picture, prepare, read_picture

FIGURES = Figures("camera_faults", ROOT / "docs" / "camera-faults.md", "camera-faults")
SIZE = (256, 256)
FRAME = (1080, 1920)
SIMULATED = 60  # good pictures that every fault is simulated on
LOOKS = 2000
FRAMES = 8  # different ones, 6 MB each, so that they do not stay in the processor's cache


def main() -> None:
    """Measures, prints tables, writes JSON; results in the usual place go to the documentation as well.

    Raises:
        EdgeAdError: none of the sets is here.
    """
    arguments = _arguments()
    here = [name for name in arguments.sets if not absent(name)]
    if not here:
        raise UsageError("none of the sets is here", hint="install the extra 'demo', or set EDGE_AD_DATA")
    with tempfile.TemporaryDirectory(prefix="edge-ad-faults-") as folder:
        sets = tuple(watch_set(name, Path(folder)) for name in here)
    with progress.bar("timing looks at 1080p frames", None):
        timed = time_looks(arguments.looks)
    results = FaultsFile(conditions=conditions_here(), measured=datetime.now(UTC), sets=sets, timed=timed)
    FIGURES.publish(results, head(results), tables(results), json=arguments.json)


def _arguments() -> argparse.Namespace:
    parser = FIGURES.parser(__doc__)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), help="all by default")
    parser.add_argument("--looks", type=int, default=LOOKS, help="timed looks for each kind of frame")
    return parser.parse_args()


def watch_set(name: str, work: Path, simulated: int = SIMULATED) -> SetResult:
    """Takes a reference of the good training pictures of a set, and looks at its test pictures.

    Raises:
        PictureError: the set is not here.
    """
    dataset = find_set(name, work)
    reference = take_reference(read_picture(path) for path in dataset.train)
    watch = FaultWatch(FaultOptions(), reference, live=False)
    good = [read_picture(sample.path) for sample in dataset.test if not sample.label]
    defective = [read_picture(sample.path) for sample in dataset.test if sample.label]
    with progress.bar(f"{name}: looking for faults", len(SOUND) + len(FAULTS)) as seen:
        sound, faults = [], []
        for kind, change in SOUND.items():
            shown = defective if kind == "defective" else good
            sound.append(_count(kind, watch, map(change, shown), ""))
            seen(1)
        for kind, (change, says) in FAULTS.items():
            faults.append(_count(kind, watch, map(change, _spread(good, simulated)), says))
            seen(1)
    blind = blind_spots(reference, FaultOptions(), *reference.size)
    return SetResult(set=name, reference=reference.pictures, blind=blind, sound=tuple(sound), faults=tuple(faults))


def take_reference(pictures: Iterable[Picture]) -> ViewReference:
    """The reference of good pictures.

    Raises:
        UsageError: too few.
    """
    taker = ReferenceTaker(partial(prepare, size=SIZE))
    for pixels in pictures:
        taker.look(pixels)
    reference = taker.reference()
    if reference is None:
        raise UsageError("too few good pictures for a reference")
    return reference


def _spread(pictures: Sequence[Picture], most: int) -> Sequence[Picture]:
    return pictures[:: -(-len(pictures) // most)]


def _count(kind: str, watch: FaultWatch, pictures: Iterable[Picture], says: str) -> Counted:
    found = [watch.look(pixels, prepare(pixels, SIZE), 0) for pixels in pictures]
    return Counted(
        kind=kind, pictures=len(found), called=sum(bool(each) and each.startswith(says) for each in found)
    )


def time_looks(looks: int) -> tuple[LookTiming, ...]:
    """Times looks at drawn 1080p frames: sound ones, and those that take the longest."""
    rng = np.random.default_rng(0)
    sound = [drawn_part(rng, *FRAME) for _ in range(FRAMES)]
    reference = take_reference(sound)
    kinds = {
        "sound": sound,
        "shifted by 5 %": [moved(right=SHIFT)(pixels) for pixels in sound],
        "blurred": [blurred(pixels) for pixels in sound[:2]],
    }
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return tuple(_time(kind, frames, reference, looks) for kind, frames in kinds.items())
    finally:
        cv2.setNumThreads(threads)


def _time(kind: str, frames: Sequence[Picture], reference: ViewReference, looks: int) -> LookTiming:
    watch = FaultWatch(FaultOptions(), reference, live=True)
    shown = [(pixels, prepare(pixels, SIZE)) for pixels in frames]
    others, spent_ms = Others(), []
    for pixels, prepared in islice(cycle(shown), looks):
        began = time.perf_counter()
        watch.look(pixels, prepared, time.monotonic_ns())
        spent_ms.append((time.perf_counter() - began) * 1e3)
    p50, p99 = np.quantile(spent_ms, [0.5, 0.99])
    return LookTiming(
        frame=kind, p50_ms=round(p50, 3), p99_ms=round(p99, 3), looks=looks, others_cores=others.cores()
    )


if __name__ == "__main__":
    run(main)
