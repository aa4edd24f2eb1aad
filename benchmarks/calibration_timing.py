"""What a threshold of 10,000 scores takes, by every method."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.calibration_results import Timing
from benchmarks.conditions import Others
from calibration.cross_conformal import FOLDS
from calibration.methods import METHODS, set_threshold
from edge import progress
from edge.inference.calibrate import DEFAULT_RATE, calibrate

SCORES = 10_000
REPEATS = 50
RARE = 5e-5  # a rate that a tail is for: fewer than one of these scores


def timing() -> tuple[Timing, ...]:
    """Times each method, and the whole calibration that a card carries, on one core."""
    rng = np.random.default_rng(0)
    good, defective = rng.gamma(4.0, size=SCORES), 8 + rng.gamma(4.0, size=SCORES)
    runs = {
        method: lambda method=method: set_threshold(
            good,
            method=method,
            rate=RARE if method == "tail" else DEFAULT_RATE,
            defective=defective,
            folds=FOLDS,
        )
        for method in METHODS
    }
    runs["the whole card, conformal"] = lambda: calibrate(
        good, good, false_alarm_rate=DEFAULT_RATE, device="CPU", precision="int8"
    )
    found = []
    with progress.bar("timing", len(runs)) as seen:
        for what, run in runs.items():
            others, spent_ms = Others(), []
            for _ in range(REPEATS):
                began = time.perf_counter()
                run()
                spent_ms.append((time.perf_counter() - began) * 1e3)
            p50, highest = float(np.median(spent_ms)), max(spent_ms)
            found.append(Timing(what=what, p50_ms=p50, highest_ms=highest, others_cores=others.cores()))
            seen(1)
    return tuple(found)
