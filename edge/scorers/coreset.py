"""Greedy coreset: few points that leave no other point far away.

Source: Sener and Savarese, "Active Learning for Convolutional Neural Networks: A Core-Set Approach", 2018
(k-centre greedy); Roth et al., "Towards Total Recall in Industrial Anomaly Detection", 2022 (which takes distances
in a random projection).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
_PROJECTED = 64


def greedy_coreset(
    points: Array, count: int, *, seed: int, advance: Callable[[int], None] = lambda done: None
) -> NDArray[np.intp]:
    """Chooses points one by one, each the farthest from all chosen before.

    Args:
        points: float32 [M, C].
        count: how many to choose; all when there are fewer.
        seed: of the first point and of the random projection that distances are taken in.
        advance: called with 1 for each chosen point.

    Returns:
        Indices [min(count, M)] into points, in the order of choice.
    """
    rng = np.random.default_rng(seed)
    low = points
    if points.shape[1] > _PROJECTED:
        matrix = rng.standard_normal((points.shape[1], _PROJECTED)) / np.sqrt(_PROJECTED)
        low = points @ matrix.astype(np.float32)
    squares = np.einsum("mc,mc->m", low, low)
    chosen = np.empty(min(count, len(low)), dtype=np.intp)
    nearest = np.full(len(low), np.inf, dtype=np.float32)
    pick = int(rng.integers(len(low)))
    for step in range(len(chosen)):
        chosen[step] = pick
        np.minimum(nearest, squares - 2 * (low @ low[pick]) + squares[pick], out=nearest)
        nearest[pick] = -np.inf  # rounding must never choose a point twice
        pick = int(nearest.argmax())
        advance(1)
    return chosen
