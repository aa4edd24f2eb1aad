"""Population stability index: how differently recent scores fill the tenths of the calibration's, for people.

Rules of thumb (0.1 little, 0.25 much) hold for thousands of scores. Of few ones it is large by chance alone: for n
and m like scores it is distributed as (1/n + 1/m) times chi-square with one degree of freedom less than tenths.

Source: Yurdakul and Naranjo, "Statistical properties of the population stability index", Journal of Risk Model
Validation 14(4), 2020.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

TENTHS = 10
_CHI_SQUARE_95 = 16.919  # of 9 degrees of freedom


def stability_index(recent: ArrayLike, quantiles: Sequence[float]) -> float:
    """The index, 0 or more; an empty tenth counts as half a score.

    Args:
        recent: [m] scores, at least one.
        quantiles: of the calibration's scores at evenly spaced ranks from 0 to 100 %, ascending.
    """
    scores = np.asarray(recent, np.float64)
    inner = np.linspace(0, 1, TENTHS + 1)[1:-1]
    edges = np.interp(inner, np.linspace(0, 1, len(quantiles)), np.asarray(quantiles, np.float64))
    counts = np.bincount(np.searchsorted(edges, scores), minlength=TENTHS)
    shares = np.maximum(counts, 0.5) / scores.size
    return float(np.sum((shares - 1 / TENTHS) * np.log(shares * TENTHS)))


def index_by_chance(recent: int, pictures: int) -> float:
    """What 95 % of indices of so many recent scores stay below while nothing has changed."""
    return _CHI_SQUARE_95 * (1 / recent + 1 / pictures)
