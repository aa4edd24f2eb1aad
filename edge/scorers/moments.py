"""Mean and covariance at every position of a feature map, gathered in one pass.

Memory does not grow with the number of pictures, and two sets of moments add up, so more pictures can follow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.errors import TrainingError

Array = NDArray[np.float32]
MOST_GB = 2.0  # fitting holds about three times as much for a moment


class Moments:
    """Running count, mean and covariance of feature vectors, per position.

    Sums are taken about the mean of the first batch, so that single precision suffices: features far from zero
    would otherwise lose their variance to cancellation.
    """

    def __init__(self) -> None:
        self.count = 0
        self.grid = (0, 0)
        self._shift: Array | None = None  # [P, C]
        self._sum: Array | None = None  # [P, C]
        self._outer: Array | None = None  # [P, C, C]

    def add(self, features: Array) -> None:
        """Adds pictures.

        Args:
            features: float32 [N, C, h, w].

        Raises:
            ValueError: the feature map has another shape than that of the pictures before.
            TrainingError: the covariances would not fit into memory.
        """
        count, channels, rows, columns = features.shape
        _check_memory(rows * columns, channels)
        vectors = features.reshape(count, channels, rows * columns).transpose(2, 0, 1)  # [P, N, C]
        if self._shift is None or self._sum is None or self._outer is None:
            self.grid = (rows, columns)
            self._shift = vectors.mean(axis=1)
            self._sum = np.zeros_like(self._shift)
            self._outer = np.zeros((rows * columns, channels, channels), dtype=np.float32)
        if (rows, columns) != self.grid or channels != self._shift.shape[1]:
            raise ValueError(f"feature map {channels}x{rows}x{columns} does not fit the pictures before")
        centred = np.ascontiguousarray(vectors - self._shift[:, None, :])
        self._sum += centred.sum(axis=1)
        self._outer += centred.transpose(0, 2, 1) @ centred
        self.count += count

    def mean(self) -> Array:
        """float32 [P, C]."""
        shift, total, _ = self._gathered()
        return np.asarray(shift + total / self.count, dtype=np.float32)

    def covariance(self) -> Array:
        """Unbiased covariance, float32 [P, C, C]."""
        _, total, outer = self._gathered()
        offset = total / self.count
        centred = outer - self.count * offset[:, :, None] * offset[:, None, :]
        return np.asarray(centred / max(self.count - 1, 1), dtype=np.float32)

    def _gathered(self) -> tuple[Array, Array, Array]:
        if self._shift is None or self._sum is None or self._outer is None:
            raise ValueError("no pictures were added")
        return self._shift, self._sum, self._outer


def _check_memory(positions: int, channels: int) -> None:
    """Refuses what the system would otherwise end without a word.

    Raises:
        TrainingError: the covariances of all positions take more than ``MOST_GB``.
    """
    needed_gb = 4 * positions * channels**2 / 1e9
    if needed_gb > MOST_GB:
        raise TrainingError(
            f"{channels} channels at {positions} positions need {needed_gb:.1f} GB of covariances",
            hint="take a smaller --image-size, a larger --option stride, or a backbone with fewer channels",
        )
