"""Per-position Gaussian with few principal directions: the same distance from a fraction of the numbers.

Each position keeps the directions along which its good parts vary most, with their variances, and gives all others
one small variance. So a feature that leaves the subspace of good parts counts in full, no inverse of a matrix of
more dimensions than pictures is needed, and the model holds [P, r, C] numbers instead of [P, C, C].

Source: Moghaddam and Pentland, "Probabilistic Visual Learning for Object Representation", 1997 (distance in
and from the feature space); Tipping and Bishop, "Mixtures of Probabilistic Principal Component Analysers", 1999.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

from edge.scorers.gaussian import TINY, attach_projection, shared_projection
from edge.scorers.moments import Moments

Array = NDArray[np.float32]


@dataclass(frozen=True)
class SubspaceScorer:
    """Mahalanobis distance with a low-rank covariance at every position.

    With z the feature minus the position's mean: distance^2 = (|z|^2 - |directions z|^2) / floor. The floor stands
    outside, so that rounding it to half precision, as bundles do, scales all distances alike.

    Attributes:
        projection: float32 [C, k], orthonormal columns, shared by all positions; [C, 0] for none, then k = C.
        mean: float32 [P, k].
        directions: float32 [P, r, k], principal directions scaled by sqrt(variance / (variance + floor)).
        floor: variance of every direction that is not kept, and added to those that are.
        grid: (h, w) with P = h * w.
    """

    projection: Array
    mean: Array
    directions: Array
    floor: float
    grid: tuple[int, int]

    @classmethod
    def fit(cls, moments: Moments, *, components: int, rank: int, shrinkage: float) -> SubspaceScorer:
        """Fits from gathered moments.

        Args:
            moments: of shortened features.
            components: dimensions kept by a shared projection first; 0 for no projection.
            rank: r, directions kept at each position; at most k.
            shrinkage: the floor as share of the mean channel variance.
        """
        mean = moments.mean()
        floor = max(shrinkage * float(moments.variance().mean()), TINY)
        projection = np.empty((mean.shape[1], 0), dtype=np.float32)
        if components:
            projection = shared_projection(moments, components)
            mean = np.asarray(mean @ projection, dtype=np.float32)
        directions = np.empty((len(mean), min(rank, mean.shape[1]), mean.shape[1]), dtype=np.float32)
        for some, covariance in moments.covariances():
            if components:
                covariance = np.asarray(projection.T @ covariance @ projection, dtype=np.float32)
            directions[some] = _kept_directions(covariance, rank, floor)
        return cls(projection, mean, directions, floor, moments.grid)

    def distances(self, features: Array) -> Array:
        """Shortened features float32 [N, C, h, w] to distances [N, h, w], higher is more anomalous."""
        count, channels = features.shape[:2]
        vectors = features.reshape(count, channels, -1).transpose(2, 0, 1)  # [P, N, C]
        if self.projection.size:
            vectors = vectors @ self.projection
        centred = vectors - self.mean[:, None, :]  # [P, N, k]
        along = centred @ self.directions.transpose(0, 2, 1)  # [P, N, r]
        squares = np.einsum("pnk,pnk->np", centred, centred) - np.einsum("pnr,pnr->np", along, along)
        lengths = np.sqrt(np.abs(squares)) * self.steepness  # rounding may go below 0
        return np.asarray(lengths.reshape(count, *self.grid), dtype=np.float32)

    def attach(self, features: ov.Output) -> ov.Output:
        """Shortened features [1, C, h, w] to distances [1, h, w], as OpenVINO operations."""
        kept, positions = self.mean.shape[1], len(self.mean)
        if self.projection.size:
            features = attach_projection(features, self.projection)
        mean = ops.constant(np.ascontiguousarray(self.mean.T).reshape(1, kept, *self.grid))
        centred = ops.subtract(features, mean)
        squares = ops.reduce_sum(ops.multiply(centred, centred), _axes(1), False)  # [1, h, w]
        rows = ops.reshape(centred, _axes(kept, positions, 1), False)
        vectors = ops.transpose(rows, _axes(1, 0, 2))  # [P, k, 1]
        along = ops.matmul(ops.constant(self.directions), vectors, False, False)  # [P, r, 1]
        explained = ops.reduce_sum(ops.multiply(along, along), _axes(1, 2), False)  # [P]
        explained = ops.reshape(explained, _axes(1, *self.grid), False)
        # abs, not relu, which would make a NaN a distance of 0, the best there is.
        lengths = ops.sqrt(ops.abs(ops.subtract(squares, explained)))
        return ops.multiply(lengths, ops.constant(np.float32(self.steepness))).output(0)

    @property
    def steepness(self) -> float:
        """Distance per unit of length outside the kept directions."""
        return float(self.floor**-0.5)

    def arrays(self) -> dict[str, Array]:
        return {
            "projection": self.projection,
            "mean": self.mean,
            "directions": self.directions,
            "floor": np.array([self.floor], dtype=np.float32),
        }


def _kept_directions(covariance: Array, rank: int, floor: float) -> Array:
    """Scaled principal directions [p, r, k] of covariances [p, k, k]."""
    variances, vectors = np.linalg.eigh(covariance)  # [p, k], [p, k, k], ascending
    kept = np.maximum(variances[:, -rank:], 0)
    weights = np.asarray(np.sqrt(kept / (kept + floor)), dtype=np.float32)  # [p, r]
    directions = (vectors[:, :, -rank:] * weights[:, None]).transpose(0, 2, 1)
    # Half precision already here: |z|^2 and |directions z|^2 may be much larger than their difference, so the
    # model must be calibrated with the very directions that its bundle stores.
    return np.asarray(directions.astype(np.float16), dtype=np.float32)


def _axes(*sizes: int) -> ov.Node:
    return ops.constant(np.array(sizes, dtype=np.int64))
