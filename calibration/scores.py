"""Scores of good parts: checking them, summarising them, and saying where a new score lies among them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

QUANTILES = 101  # 0 %, 1 %, ... 100 %
HIGHEST = 250  # beyond the last quantile but one of up to 25,000 parts


class ScoresError(ValueError):
    """Scores that no threshold can rest on: none, too few for the rate asked, or not finite."""


def checked(scores: ArrayLike) -> NDArray[np.float64]:
    """Scores as float64 [n], ascending.

    Raises:
        ScoresError: no score at all, or one that is not finite.
    """
    values = np.sort(np.asarray(scores, dtype=np.float64).ravel())
    if values.size == 0:
        raise ScoresError("there are no scores")
    broken = int(np.count_nonzero(~np.isfinite(values)))
    if broken:
        raise ScoresError(f"{broken} of {values.size} scores are not finite")
    return values


def quantiles(scores: ArrayLike, count: int = QUANTILES) -> tuple[float, ...]:
    """Scores at ``count`` evenly spaced ranks from 0 to 100 %, ascending (linear interpolation)."""
    values = checked(scores)
    return tuple(float(q) for q in np.quantile(values, np.linspace(0.0, 1.0, count)))


def highest(scores: ArrayLike, count: int = HIGHEST) -> tuple[float, ...]:
    """The ``count`` highest scores, ascending; all where there are no more."""
    return tuple(checked(scores)[-count:].tolist())


def percentile(score: float, good_quantiles: Sequence[float]) -> float:
    """Share of good parts, 0 to 100, that score lower than ``score``, from their quantiles.

    A score above every good one is 100, one below every good one is 0; between two quantiles it is interpolated.
    """
    ranks = np.linspace(0.0, 100.0, len(good_quantiles))
    return float(np.interp(score, good_quantiles, ranks))
