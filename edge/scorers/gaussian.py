"""Per-position Gaussian with full covariance over a shared projection: PaDiM in closed form.

Source: Defard et al., "PaDiM: a Patch Distribution Modeling Framework", 2021. Instead of a random choice of
channels, one principal component analysis shared by all positions keeps what varies most; features are divided
by a power of their own length first, which takes away most of the brightness.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

from edge.scorers.moments import Moments

Array = NDArray[np.float32]
TINY = 1e-12


def shorten(features: Array, power: float) -> Array:
    """Divides each feature vector by its length to the given power. float32 [N, C, h, w]; 0 leaves it as it is."""
    squares = np.einsum("nchw,nchw->nhw", features, features)[:, None]
    return np.asarray(features * (squares + TINY) ** (-power / 2), dtype=np.float32)


def attach_shorten(features: ov.Output, power: float) -> ov.Output:
    """``shorten`` as OpenVINO operations. [1, C, h, w]."""
    axis = ops.constant(np.array([1], dtype=np.int64))
    squares = ops.reduce_sum(ops.multiply(features, features), axis, True)
    exponent = ops.constant(np.float32(-power / 2))
    factor = ops.power(ops.add(squares, ops.constant(np.float32(TINY))), exponent)
    return ops.multiply(features, factor).output(0)


def shared_projection(moments: Moments, components: int) -> Array:
    """Principal axes of the features of all positions together.

    Args:
        moments: of shortened features.
        components: k, axes kept; 0 or more than C keeps all.

    Returns:
        float32 [C, k], orthonormal columns, the widest first.
    """
    mean = moments.mean()
    about = mean - mean.mean(axis=0)
    shared = moments.pooled() + about.T @ about / len(about)  # [C, C]
    _, vectors = np.linalg.eigh(shared.astype(np.float64))  # ascending
    kept = components if 0 < components < len(shared) else len(shared)
    return np.ascontiguousarray(vectors[:, ::-1][:, :kept], dtype=np.float32)


def attach_projection(features: ov.Output, projection: Array) -> ov.Output:
    """[1, C, h, w] to [1, k, h, w] by projection [C, k], as OpenVINO operations."""
    kernel = np.ascontiguousarray(projection.T)[:, :, None, None]
    return ops.convolution(features, ops.constant(kernel), [1, 1], [0, 0], [0, 0], [1, 1]).output(0)


@dataclass(frozen=True)
class GaussianScorer:
    """Mahalanobis distance at every position.

    Attributes:
        projection: float32 [C, k], orthonormal columns, shared by all positions.
        mean: float32 [P, k], of the projected features.
        whitening: float32 [P, k, k], inverse Cholesky factor of each regularized covariance.
        grid: (h, w) with P = h * w.
    """

    projection: Array
    mean: Array
    whitening: Array
    grid: tuple[int, int]

    @classmethod
    def fit(cls, moments: Moments, *, components: int, shrinkage: float) -> GaussianScorer:
        """Fits from gathered moments.

        Args:
            moments: of shortened features.
            components: k, dimensions kept by the shared projection; 0 or more than C keeps all.
            shrinkage: share of the mean channel variance that is added to every variance. Positions see fewer
                pictures than dimensions; without it the covariance cannot be inverted.
        """
        floor = max(shrinkage * float(moments.variance().mean()), TINY)
        projection = shared_projection(moments, components)
        mean, kept = moments.mean() @ projection, projection.shape[1]
        whitening = np.empty((len(mean), kept, kept), dtype=np.float32)
        for some, covariance in moments.covariances():
            projected = projection.T @ covariance @ projection  # [p, k, k]
            regularized = projected.astype(np.float64) + floor * np.eye(kept)
            whitening[some] = np.linalg.inv(np.linalg.cholesky(regularized))
        return cls(projection, mean, whitening, moments.grid)

    def distances(self, features: Array) -> Array:
        """Shortened features float32 [N, C, h, w] to distances [N, h, w], higher is more anomalous."""
        count, channels = features.shape[:2]
        vectors = features.reshape(count, channels, -1).transpose(2, 0, 1)  # [P, N, C]
        centred = vectors @ self.projection - self.mean[:, None, :]  # [P, N, k]
        white = centred @ self.whitening.transpose(0, 2, 1)  # [P, N, k]
        lengths = np.sqrt(np.einsum("pnk,pnk->np", white, white))
        return np.asarray(lengths.reshape(count, *self.grid), dtype=np.float32)

    def attach(self, features: ov.Output) -> ov.Output:
        """Shortened features [1, C, h, w] to distances [1, h, w], as OpenVINO operations."""
        kept, positions = self.projection.shape[1], len(self.mean)
        projected = attach_projection(features, self.projection)
        mean = ops.constant(np.ascontiguousarray(self.mean.T).reshape(1, kept, *self.grid))
        centred = ops.subtract(projected, mean)
        rows = ops.reshape(centred, ops.constant(np.array([kept, positions, 1], dtype=np.int64)), False)
        vectors = ops.transpose(rows, ops.constant(np.array([1, 0, 2], dtype=np.int64)))  # [P, k, 1]
        white = ops.matmul(ops.constant(self.whitening), vectors, False, False)  # [P, k, 1]
        lengths = ops.reduce_l2(white, ops.constant(np.array([1, 2], dtype=np.int64)), False)
        shape = ops.constant(np.array([1, *self.grid], dtype=np.int64))
        return ops.reshape(lengths, shape, False).output(0)

    def arrays(self) -> dict[str, Array]:
        return {"projection": self.projection, "mean": self.mean, "whitening": self.whitening}
