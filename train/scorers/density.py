"""Density of feature vectors of good parts: a kernel on each of them, or one Gaussian over all.

Principal components, scaled to unit deviation, come first. A kernel density is then a sum of equal round kernels,
and one Gaussian is the case of a single kernel; both score -log density, higher is more anomalous.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

Array = NDArray[np.float32]
Shape = Literal["kde", "gaussian"]


@dataclass(frozen=True)
class Density:
    """-log density of vectors.

    Attributes:
        mean: float32 [C].
        axes: float32 [C, k]: principal axes, divided by their deviation and by the kernels' width.
        points: float32 [n, k]: where the kernels stand.
        constant: what is added to -log(sum of kernels) to make it a -log density, float32 [1].
    """

    mean: Array
    axes: Array
    points: Array
    constant: Array

    @classmethod
    def fit(cls, vectors: Array, *, components: int, shape: Shape) -> Self:
        """Fits to vectors [n, C] of good parts.

        Args:
            vectors: one per picture.
            components: principal components kept, at most n - 1; those without any deviation are left out.
            shape: "kde" with Scott's width n ** (-1 / (k + 4)), as SciPy's ``gaussian_kde`` has it; or "gaussian".
        """
        count = len(vectors)
        mean = vectors.mean(axis=0, dtype=np.float64)
        _, singular, axes = np.linalg.svd(vectors.astype(np.float64) - mean, full_matrices=False)
        deviations = singular / math.sqrt(count - 1)
        kept = min(components, int((deviations > 1e-6 * deviations.max(initial=1e-12)).sum()))
        width = count ** (-1 / (kept + 4)) if shape == "kde" else 1.0
        scaled = axes[:kept].T / (deviations[:kept] * width)
        points = (vectors - mean) @ scaled if shape == "kde" else np.zeros((1, kept))
        log_volume = float(np.log(deviations[:kept] * width).sum())
        constant = math.log(len(points)) + kept / 2 * math.log(2 * math.pi) + log_volume
        made = (mean, scaled, points, np.array([constant]))
        return cls(*(np.ascontiguousarray(array, dtype=np.float32) for array in made))

    def score(self, vectors: Array) -> Array:
        """[N, C] to -log density [N], of the components that were kept."""
        placed = (vectors - self.mean) @ self.axes  # [N, k]
        apart = np.square(placed[:, None] - self.points[None]).sum(axis=2) / 2  # [N, n]
        nearest = apart.min(axis=1, keepdims=True)  # far from every kernel all of them would be 0
        sums = np.exp(nearest - apart).sum(axis=1)
        return np.asarray(nearest[:, 0] - np.log(sums) + self.constant, dtype=np.float32)

    def attach(self, vectors: ov.Output) -> ov.Output:
        """``score`` as OpenVINO operations: [1, C] to [1]."""
        placed = ops.matmul(
            ops.subtract(vectors, ops.constant(self.mean[None])), ops.constant(self.axes), False, False
        )
        difference = ops.subtract(placed, ops.constant(self.points))  # [n, k]
        across = ops.constant(np.array([1], dtype=np.int64))
        apart = ops.multiply(ops.reduce_sum(ops.multiply(difference, difference), across, False), np.float32(0.5))
        over = ops.constant(np.array([0], dtype=np.int64))
        nearest = ops.reduce_min(apart, over, True)  # [1]
        sums = ops.reduce_sum(ops.exp(ops.subtract(nearest, apart)), over, True)
        return ops.add(ops.subtract(nearest, ops.log(sums)), ops.constant(self.constant)).output(0)

    def arrays(self) -> dict[str, Array]:
        return {"mean": self.mean, "axes": self.axes, "points": self.points, "constant": self.constant}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Builds it from what ``arrays`` gave; KeyError when one is missing."""
        return cls(arrays["mean"], arrays["axes"], arrays["points"], arrays["constant"])
