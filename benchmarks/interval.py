"""How far figures can be trusted on so many pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

RESAMPLES = 2000


def auroc_interval(
    good: ArrayLike, anomalous: ArrayLike, *, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval of the image AUROC; good and anomalous pictures are drawn separately.

    It covers the choice of test pictures, not that of the training. Where every anomalous picture scores above
    every good one it is (1, 1), which does not mean certainty.

    Args:
        good: [g] scores of good test pictures.
        anomalous: [a] scores of anomalous ones; higher is more anomalous.
        level: share of resamples inside the interval.
        seed: of the resamples.
    """
    low, high = np.asarray(good, dtype=np.float64), np.asarray(anomalous, dtype=np.float64)
    wins = (high[:, None] > low).astype(np.float64) + 0.5 * (high[:, None] == low)  # [a, g]
    rng = np.random.default_rng(seed)
    # A resample is how often each picture was drawn, so its AUROC is a weighted mean of the same wins.
    of_high = rng.multinomial(high.size, np.full(high.size, 1 / high.size), size=RESAMPLES) / high.size
    of_low = rng.multinomial(low.size, np.full(low.size, 1 / low.size), size=RESAMPLES) / low.size
    aurocs = np.einsum("ra,ra->r", of_high, of_low @ wins.T)
    tail = (1 - level) / 2
    lower, upper = np.quantile(aurocs, [tail, 1 - tail])
    return float(lower), min(float(upper), 1.0)
