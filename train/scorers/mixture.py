"""Energy under a mixture of Gaussians: -log density, higher is more anomalous."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Mixture:
    """K Gaussians over vectors of D numbers.

    Attributes:
        means: float32 [K, D].
        whitening: float32 [K, D, D], inverse Cholesky factor of each covariance.
        offsets: float32 [K]: -log of each Gaussian's weight at its own mean.
    """

    means: Array
    whitening: Array
    offsets: Array

    @classmethod
    def fit(cls, vectors: Array, memberships: Array, *, floor: float) -> Self:
        """The M-step: the mixture in which each vector belongs to the Gaussians as stated.

        Args:
            vectors: [n, D].
            memberships: [n, K], rows sum to 1.
            floor: added to every variance; components that have hardly any member could not be inverted.
        """
        z, gamma = vectors.astype(np.float64), memberships.astype(np.float64)
        members = gamma.sum(axis=0) + 1e-12  # [K]
        means = gamma.T @ z / members[:, None]
        centred = z[:, None] - means[None]  # [n, K, D]
        covariances = np.einsum("nk,nkd,nke->kde", gamma, centred, centred) / members[:, None, None]
        factors = np.linalg.cholesky(covariances + floor * np.eye(z.shape[1]))
        log_roots = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
        offsets = z.shape[1] / 2 * math.log(2 * math.pi) + log_roots - np.log(members / members.sum())
        made = (means, np.linalg.inv(factors), offsets)
        return cls(*(np.ascontiguousarray(array, dtype=np.float32) for array in made))

    def energy(self, vectors: Array) -> Array:
        """[N, D] to [N]."""
        centred = vectors[:, None] - self.means[None]  # [N, K, D]
        white = np.einsum("kde,nke->nkd", self.whitening, centred)
        each = np.square(white).sum(axis=2) / 2 + self.offsets  # [N, K]
        least = each.min(axis=1, keepdims=True)
        return np.asarray(least[:, 0] - np.log(np.exp(least - each).sum(axis=1)), dtype=np.float32)

    def attach(self, vectors: ov.Output) -> ov.Output:
        """``energy`` as OpenVINO operations: [1, D] to [1]."""
        centred = ops.subtract(vectors, ops.constant(self.means))  # [K, D]
        columns = ops.unsqueeze(centred, ops.constant(np.int64(2)))  # [K, D, 1]
        white = ops.matmul(ops.constant(self.whitening), columns, False, False)
        inside = ops.constant(np.array([1, 2], dtype=np.int64))
        lengths = ops.reduce_sum(ops.multiply(white, white), inside, False)  # [K]
        each = ops.add(ops.multiply(lengths, np.float32(0.5)), ops.constant(self.offsets))
        over = ops.constant(np.array([0], dtype=np.int64))
        least = ops.reduce_min(each, over, True)  # [1]
        sums = ops.reduce_sum(ops.exp(ops.subtract(least, each)), over, True)
        return ops.subtract(least, ops.log(sums)).output(0)

    def arrays(self) -> dict[str, Array]:
        return {"means": self.means, "whitening": self.whitening, "offsets": self.offsets}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> Self:
        """Builds it from what ``arrays`` gave; KeyError when one is missing."""
        return cls(arrays["means"], arrays["whitening"], arrays["offsets"])
