"""Per-position Gaussian whose covariances share their axes: a cheap, fine-grained distance for heatmaps.

All positions share the eigenvectors of the pooled covariance and differ in the variances along them. No matrix per
position is stored or multiplied, so it runs on a grid four times finer than that of the score at little cost. It
places defects better than the coarse grid and tells good from bad worse, so it shapes the map and not the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

from edge.scorers.gaussian import TINY
from edge.scorers.moments import Moments

Array = NDArray[np.float32]


@dataclass(frozen=True)
class DiagonalScorer:
    """Distance with shared axes.

    Attributes:
        axes: float32 [C, C], orthonormal columns.
        mean: float32 [P, C], along the axes.
        sharpness: float32 [P, C], inverse of the regularized standard deviations along the axes. Inverse variances
            of steady features leave the range of half precision, in which bundles store constants.
        grid: (h, w) with P = h * w.
    """

    axes: Array
    mean: Array
    sharpness: Array
    grid: tuple[int, int]

    @classmethod
    def fit(cls, moments: Moments, *, shrinkage: float) -> DiagonalScorer:
        """Fits from gathered moments; ``shrinkage`` is the share of the mean variance added to every one."""
        mean = moments.mean()
        _, vectors = np.linalg.eigh(moments.pooled().astype(np.float64))
        axes = np.ascontiguousarray(vectors, dtype=np.float32)
        variance = np.empty_like(mean)  # [P, C], along the axes
        for some, covariance in moments.covariances():
            variance[some] = np.einsum("cj,pcd,dj->pj", axes, covariance, axes, optimize=True)
        floor = max(shrinkage * float(variance.mean()), TINY)
        sharpness = 1.0 / np.sqrt(np.maximum(variance, 0) + floor)
        return cls(axes, mean @ axes, np.asarray(sharpness, dtype=np.float32), moments.grid)

    def distances(self, features: Array) -> Array:
        """Shortened features float32 [N, C, h, w] to distances [N, h, w], higher is more anomalous."""
        count, channels = features.shape[:2]
        vectors = features.reshape(count, channels, -1).transpose(0, 2, 1)  # [N, P, C]
        white = (vectors @ self.axes - self.mean) * self.sharpness
        lengths = np.sqrt(np.einsum("npc,npc->np", white, white))
        return np.asarray(lengths.reshape(count, *self.grid), dtype=np.float32)

    def attach(self, features: ov.Output) -> ov.Output:
        """Shortened features [1, C, h, w] to distances [1, h, w], as OpenVINO operations."""
        channels = self.axes.shape[1]
        kernel = np.ascontiguousarray(self.axes.T)[:, :, None, None]
        along = ops.convolution(features, ops.constant(kernel), [1, 1], [0, 0], [0, 0], [1, 1])
        centred = ops.subtract(along, self._planes(self.mean, channels))
        white = ops.multiply(centred, self._planes(self.sharpness, channels))
        axis = ops.constant(np.array([1], dtype=np.int64))
        return ops.reduce_l2(white, axis, False).output(0)

    def arrays(self) -> dict[str, Array]:
        return {"axes": self.axes, "mean": self.mean, "sharpness": self.sharpness}

    def _planes(self, table: Array, channels: int) -> ov.Node:
        """[P, C] as a constant [1, C, h, w]."""
        return ops.constant(np.ascontiguousarray(table.T).reshape(1, channels, *self.grid))
