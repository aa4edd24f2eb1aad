"""Streams of parts through the drift watch: how soon a change is found, and how often one that is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.drift_pictures import Part, Parts
from calibration.drift.course import Course
from calibration.drift.evidence import BETS
from calibration.scores import quantiles
from edge.health.camera_faults.figures import Figures
from edge.health.camera_faults.taking import reference_of
from edge.health.drift.figures import GoodScores
from edge.health.drift.options import DriftOptions
from edge.health.drift.watch import DriftWatch
from edge.progress import Advance

CALIBRATED = 0.6  # of the good parts; the others come afterwards
BEFORE = 100  # undisturbed parts before a change
FOLLOWED = 200  # parts after it
POSITION = {"right": "position", "down": "position"}
OPTIONS = DriftOptions()

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]
DISTRIBUTIONS: dict[str, Draw] = {
    "normal": lambda rng, count: rng.normal(size=count),
    "log-normal": lambda rng, count: rng.lognormal(size=count),
    "two kinds of parts": lambda rng, count: rng.normal(size=count) + 6.0 * (rng.random(count) < 0.3),
    "rounded, many equal": lambda rng, count: np.round(rng.normal(size=count) * 2),
}


def calibrated(parts: Sequence[Part]) -> DriftWatch:
    """A watch whose calibration saw these parts."""
    scores = [part.score for part in parts]
    view = reference_of([part.look for part in parts if part.look is not None])
    return DriftWatch(OPTIONS, GoodScores(quantiles(scores), len(scores)), view, each_part=True)


def parts_until_found(parts: Parts, kind: str, runs: int, seen: Advance) -> Iterator[dict[str, int]]:
    """For each run, how many changed parts it took until each figure was said to drift; absent where it was not.

    In each run others of the good parts are the calibration; the rest come by chance, again and again: first
    ``BEFORE`` of them as they are, then changed ones.
    """
    for run in range(runs):
        rng = np.random.default_rng(run)
        order = rng.permutation(len(parts.good))
        split = round(CALIBRATED * len(order))
        watch = calibrated([parts.good[number] for number in order[:split]])
        later = order[split:]
        for part in _drawn([parts.good[number] for number in later], BEFORE, rng):
            _take(watch, part)
        found: dict[str, int] = {}
        changed = _drawn([parts.changed[kind][number] for number in later], FOLLOWED, rng)
        for number, part in enumerate(changed, start=1):
            if _take(watch, part):
                for name, drifted in watch.now.kinds.items():
                    if drifted:
                        found.setdefault(POSITION.get(name, name), number)
        yield found
        seen(1)


def alarms_on_real_parts(parts: Parts, count: int, streams: int, *, defective: float, seen: Advance) -> int:
    """Streams of ``count`` parts, calibration and stream drawn from the same ones, in which drift was said.

    Args:
        defective: share of defective parts in the stream.
    """
    alarms = 0
    for stream in range(streams):
        rng = np.random.default_rng(stream)
        calibration = [parts.good[number] for number in rng.integers(len(parts.good), size=len(parts.good))]
        watch = calibrated(calibration)
        drawn = _drawn(parts.good, count, rng)
        bad = _drawn(parts.defective, count, rng)
        alarms += any(_take(watch, next(bad) if rng.random() < defective else part) for part in drawn)
        seen(1)
    return alarms


def alarms_on_simulated_parts(
    draw: Draw, pictures: int, count: int, streams: int, seen: Advance, *, seed: int = 0
) -> int:
    """The same for one figure of any distribution, with a calibration of so many pictures."""
    alarms = 0
    limit = float(OPTIONS.parts_to_false_alarm * len(BETS))
    for stream in range(streams):
        rng = np.random.default_rng([seed, pictures, stream])
        reference = draw(rng, pictures).tolist()
        course = Course(reference, limit=limit, agree=OPTIONS.agree, rng=Random(stream))  # noqa: S311
        alarms += any(course.take(value, 0) for value in draw(rng, count).tolist())
        seen(1)
    return alarms


def _drawn(parts: Sequence[Part], count: int, rng: np.random.Generator) -> Iterator[Part]:
    """Parts with replacement. No two have the very same score, or the watch would take them for one picture."""
    for number in rng.integers(len(parts), size=count):
        part = parts[number]
        yield Part(part.score * (1 + 1e-9 * rng.random()), part.figures)


def _take(watch: DriftWatch, part: Part) -> bool:
    return watch.take(part.score, cast(Figures, part.figures), 0) is not None
