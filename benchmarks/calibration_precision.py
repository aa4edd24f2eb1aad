"""May the threshold of the FP32 model serve the INT8 one? Both false-alarm rates, over the same random splits."""

from __future__ import annotations

import numpy as np

from benchmarks.calibration_features import QUANTIZED_ON, Measured, Pictures, int8_graph, measured
from benchmarks.calibration_rates import CALIBRATED, MOST_FITTED
from benchmarks.calibration_results import PrecisionCell, Shares
from calibration import conformal
from edge import progress
from edge.inference.calibrate import DEFAULT_RATE

FITS, DIVISIONS = 5, 40

Counts = list[tuple[float, float]]


def precision(model: Measured, name: str, pictures: Pictures) -> PrecisionCell:
    """Measures one model on one set at the default rate.

    Each precision has its own scorer, fitted on the features of its own graph, as an export does it. The pictures
    that the network is quantized on are among the fitted ones in every split, so that no test rests on them.

    Args:
        model: with FP32 features.
        name: of the set.
        pictures: of the set.
    """
    int8 = measured(model.model, pictures, int8_graph(model.model, pictures))
    total = len(pictures.good)
    fitted = max(QUANTIZED_ON, min(MOST_FITTED, (total - CALIBRATED) * 3 // 5))
    found: dict[str, Counts] = {"fp32": [], "carried": [], "int8": []}
    with progress.bar(f"{model.model} {name}: fp32 and int8", FITS) as seen:
        for number in range(FITS):
            rng = np.random.default_rng([number, total])
            order = np.concatenate([np.arange(QUANTIZED_ON), QUANTIZED_ON + rng.permutation(total - QUANTIZED_ON)])
            _split(model, int8, order[:fitted], order[fitted:], rng, found)
            seen(1)
    return PrecisionCell(
        model=model.model,
        set=name,
        splits=FITS * DIVISIONS,
        stated=DEFAULT_RATE,
        **{kind: _shares(counts) for kind, counts in found.items()},
    )


def _split(
    fp32: Measured,
    int8: Measured,
    fitted: np.ndarray,
    rest: np.ndarray,
    rng: np.random.Generator,
    found: dict[str, Counts],
) -> None:
    scorers = fp32.fit(fitted, seed=0), int8.fit(fitted, seed=0)
    good = fp32.scores(scorers[0], rest), int8.scores(scorers[1], rest)
    defective = fp32.defective_scores(scorers[0]), int8.defective_scores(scorers[1])
    for _ in range(DIVISIONS):
        order = rng.permutation(len(rest))
        calibrated, tested = order[:CALIBRATED], order[CALIBRATED:]
        of_fp32, of_int8 = (conformal.threshold(scores[calibrated], DEFAULT_RATE) for scores in good)
        for kind, which, threshold in (("fp32", 0, of_fp32), ("carried", 1, of_fp32), ("int8", 1, of_int8)):
            alarms = float((good[which][tested] > threshold).mean())
            found[kind].append((alarms, float((defective[which] <= threshold).mean())))


def _shares(counts: Counts) -> Shares:
    alarms, missed = np.array(counts).T
    low, high = np.quantile(alarms, [0.05, 0.95])
    return Shares(mean=float(alarms.mean()), low=float(low), high=float(high), missed=float(missed.mean()))
