"""How far figures can be trusted on so many pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 2000
Shares = NDArray[np.float64]


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
    resampled = _resampled(good, anomalous, np.random.default_rng(seed), RESAMPLES)
    return _between(resampled, level)


def pooled_auroc(
    runs: Sequence[tuple[ArrayLike, ArrayLike]], *, level: float = 0.95, seed: int = 0
) -> tuple[float, tuple[float, float]]:
    """Mean image AUROC of several runs, and its percentile bootstrap interval over runs and test pictures.

    Args:
        runs: scores of good and of anomalous test pictures, each as ``auroc_interval`` takes them.
        level: share of resamples inside the interval.
        seed: of the resamples.

    Returns:
        The mean, and where one run with other test pictures would lie.
    """
    rng = np.random.default_rng(seed)
    resampled = [_resampled(good, anomalous, rng, -(-RESAMPLES // len(runs))) for good, anomalous in runs]
    mean = float(np.mean([_wins(good, anomalous).mean() for good, anomalous in runs]))
    return mean, _between(np.concatenate(resampled), level)


def _wins(good: ArrayLike, anomalous: ArrayLike) -> Shares:
    """[a, g]: 1 where an anomalous picture scores above a good one, 0.5 where they score alike."""
    low, high = np.asarray(good, dtype=np.float64), np.asarray(anomalous, dtype=np.float64)
    return (high[:, None] > low).astype(np.float64) + 0.5 * (high[:, None] == low)


def _resampled(good: ArrayLike, anomalous: ArrayLike, rng: np.random.Generator, count: int) -> Shares:
    """AUROCs of [count] resamples of the pictures."""
    wins = _wins(good, anomalous)
    above, below = wins.shape
    # A resample is how often each picture was drawn, so its AUROC is a weighted mean of the same wins.
    of_high = rng.multinomial(above, np.full(above, 1 / above), size=count) / above
    of_low = rng.multinomial(below, np.full(below, 1 / below), size=count) / below
    return np.einsum("ra,ra->r", of_high, of_low @ wins.T)


def _between(aurocs: Shares, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    lower, upper = np.quantile(aurocs, [tail, 1 - tail])
    return float(lower), min(float(upper), 1.0)
