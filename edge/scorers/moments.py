"""Mean and covariance at every position of a feature map, gathered in one pass.

Memory does not grow with the number of pictures, and two sets of moments add up, so more pictures can follow.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.errors import TrainingError

Array = NDArray[np.float32]
MOST_GB = 2.0
_CHUNK_BYTES = 1e6  # of covariances looked at together: few enough to be small beside all of them


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
        for some in self._chunks():
            self._outer[some] += centred[some].transpose(0, 2, 1) @ centred[some]
        self.count += count

    def mean(self) -> Array:
        """float32 [P, C]."""
        shift, total, _ = self._gathered()
        return np.asarray(shift + total / self.count, dtype=np.float32)

    def variance(self) -> Array:
        """Unbiased, of each channel: float32 [P, C]."""
        _, total, outer = self._gathered()
        centred = np.einsum("pii->pi", outer) - total**2 / self.count
        return np.asarray(centred / self._freedom, dtype=np.float32)

    def pooled(self) -> Array:
        """Mean over the positions of their unbiased covariances, float32 [C, C]."""
        _, total, outer = self._gathered()
        centred = outer.sum(axis=0) - total.T @ total / self.count
        return np.asarray(centred / (self._freedom * len(outer)), dtype=np.float32)

    def covariances(self) -> Iterator[tuple[slice, Array]]:
        """Unbiased covariances of a few positions at a time, so that they are never in memory twice.

        Yields:
            Which positions, and float32 [p, C, C].
        """
        _, total, outer = self._gathered()
        for some in self._chunks():
            offset = total[some] / self.count
            centred = outer[some] - self.count * offset[:, :, None] * offset[:, None, :]
            yield some, np.asarray(centred / self._freedom, dtype=np.float32)

    @property
    def _freedom(self) -> int:
        return max(self.count - 1, 1)

    def _chunks(self) -> Iterator[slice]:
        _, total, _ = self._gathered()
        positions, channels = total.shape
        step = max(1, int(_CHUNK_BYTES / (4 * channels**2)))
        return (slice(start, min(start + step, positions)) for start in range(0, positions, step))

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
