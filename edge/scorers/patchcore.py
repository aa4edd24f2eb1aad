"""PatchCore: distance to the nearest of a coreset of good features.

Source: Roth et al., "Towards Total Recall in Industrial Anomaly Detection", CVPR 2022. Distances to all coreset
points come from one matrix product. The paper's re-weighting lowers the score of a feature whose nearest
coreset point is itself lonely; it is an option, as it changes scores more than rankings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops
from pydantic import BaseModel, ConfigDict, Field

from edge.scorers.bounds import NotOne, Odd, PowerOfTwo
from edge.scorers.coreset import greedy_coreset
from edge.scorers.gaussian import attach_shorten, shorten
from edge.scorers.heatmap import attach_render, attach_top_mean, render, rise, top_mean
from edge.scorers.scorer import Head, Mapped, View, grid_of

Array = NDArray[np.float32]
_PART = 1024


class PatchcoreOptions(BaseModel):
    """Options of ``patchcore``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stride: PowerOfTwo = Field(16, ge=4, le=64, description="pixels per cell of the feature grid")
    average: Odd = Field(3, ge=1, le=9, description="cells averaged around each feature before scoring; odd")
    coreset: int = Field(2000, ge=16, le=100_000, description="points kept of all features of good pictures")
    power: float = Field(0.5, ge=0, le=1, description="features are divided by their length to this power")
    top_share: float = Field(0.01, gt=0, le=1, description="share of the largest distances averaged to the score")
    neighbours: NotOne = Field(
        0, ge=0, le=50, description="re-weight by this many neighbours as the paper; 0: off"
    )
    smoothing_px: float = Field(4.0, ge=0, le=64, description="Gaussian smoothing of the map, pixels of the input")

    def views(self) -> tuple[View, ...]:
        """The feature maps this model asks of a backbone."""
        return (View("coarse", self.stride, self.average),)


@dataclass(frozen=True)
class PatchcoreScorer:
    """Nearest-neighbour distance.

    Attributes:
        centre: float32 [C], mean of the coreset; taken off first, so that squares do not cancel.
        memory: float32 [M, C], coreset minus centre.
        around: int64 [M, b], the b nearest coreset points of each, itself first; [M, 0] without re-weighting.
    """

    options: PatchcoreOptions
    size: tuple[int, int]
    centre: Array
    memory: Array
    around: NDArray[np.int64]

    @classmethod
    def fit(
        cls,
        batches: Iterable[Sequence[Array]],
        size: tuple[int, int],
        options: PatchcoreOptions,
        seed: int = 0,
        advance: Callable[[int], None] = lambda done: None,
    ) -> Self:
        """Keeps a greedy coreset of all features; memory grows with the number of pictures while fitting.

        Args:
            batches: features of good pictures, as ``options.views()`` asks for them.
            size: (height, width) of the pictures the features came from.
            options: see ``PatchcoreOptions``.
            seed: of the coreset's first point and of the projection it is chosen in.
            advance: called with 1 for each chosen point.
        """
        vectors = np.concatenate([_vectors(shorten(views[0], options.power)) for views in batches])  # [M, C]
        kept = vectors[greedy_coreset(vectors, options.coreset, seed=seed, advance=advance)]
        centre = kept.mean(axis=0)
        memory = kept - centre
        return cls(options, size, centre, memory, _around(memory, options.neighbours))

    def score(self, features: Sequence[Array]) -> Mapped:
        grid = self.grid
        vectors = _vectors(shorten(features[0], self.options.power)) - self.centre
        table = np.sqrt(np.abs(_squared(vectors, self.memory)))  # [N * P, M]; rounding may go below 0
        nearest = table.min(axis=1)
        distances = nearest.reshape(-1, *grid)
        scores = top_mean(distances, self.top)
        if self.options.neighbours:
            scores = scores * self._weights(table, nearest, len(distances))
        return Mapped(scores, render(distances, *self._rise(grid)))

    def attach(self, features: Sequence[ov.Output]) -> Head:
        grid = self.grid
        shortened = attach_shorten(features[0], self.options.power)
        channels, positions = self.memory.shape[1], grid[0] * grid[1]
        columns = ops.reshape(shortened, _shape(channels, positions), False)  # [C, P]
        vectors = ops.subtract(columns, ops.constant(self.centre[:, None]))
        products = ops.matmul(vectors, ops.constant(self.memory), True, True)  # [P, M]
        own = ops.reduce_sum(ops.multiply(vectors, vectors), _shape(0), False)
        others = np.einsum("mc,mc->m", self.memory, self.memory)[None]
        squares = ops.subtract(ops.constant(others), ops.multiply(products, ops.constant(np.float32(2))))
        squares = ops.add(squares, ops.reshape(own, _shape(positions, 1), False))
        table = ops.sqrt(ops.abs(squares))  # [P, M]; relu would make a NaN a distance of 0, which is good
        nearest = ops.reduce_min(table, _shape(1), False)  # [P]
        distances = ops.reshape(nearest, _shape(1, *grid), False).output(0)
        score = attach_top_mean(distances, self.top)
        if self.options.neighbours:
            score = ops.multiply(score, self._attach_weight(table, nearest)).output(0)
        rendered = attach_render(distances, *self._rise(grid))
        return Head(score, ops.reshape(rendered, _shape(1, 1, *self.size), False).output(0))

    def arrays(self) -> dict[str, Array]:
        # Indices below 2^24 are exact in float32, and one dtype keeps checkpoints plain.
        return {"centre": self.centre, "memory": self.memory, "around": self.around.astype(np.float32)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], size: tuple[int, int], options: PatchcoreOptions) -> Self:
        """Builds the scorer from what ``arrays`` gave; KeyError when one is missing."""
        around = arrays["around"].astype(np.int64).reshape(len(arrays["memory"]), -1)
        return cls(options, size, arrays["centre"], arrays["memory"], around)

    @property
    def grid(self) -> tuple[int, int]:
        """(h, w) of the feature grid."""
        return grid_of(self.size, self.options.stride)

    @property
    def top(self) -> int:
        """How many of the largest distances the score averages."""
        return max(1, round(self.options.top_share * self.grid[0] * self.grid[1]))

    def _rise(self, grid: tuple[int, int]) -> tuple[Array, Array]:
        sigma = self.options.smoothing_px
        return rise(grid[0], self.size[0], sigma), rise(grid[1], self.size[1], sigma)

    def _weights(self, table: Array, nearest: Array, pictures: int) -> Array:
        """w = 1 - exp(d*) / sum of exp(d) over the neighbours of m*, for the farthest feature of each picture."""
        worst = nearest.reshape(pictures, -1).argmax(axis=1) + np.arange(pictures) * (len(nearest) // pictures)
        rows = table[worst]  # [N, M]
        around = self.around[rows.argmin(axis=1)]  # [N, b]
        logits = np.take_along_axis(rows, around, axis=1)
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(1 - exponents[:, 0] / exponents.sum(axis=1), dtype=np.float32)

    def _attach_weight(self, table: ov.Node, nearest: ov.Node) -> ov.Node:
        axis, one = ops.constant(np.int64(0)), ops.constant(np.int64(1))
        worst = ops.topk(nearest, one, 0, "max", "none", index_element_type="i64").output(1)  # [1]
        row = ops.gather(table, worst, axis)  # [1, M]
        point = ops.topk(row, one, 1, "min", "none", index_element_type="i64").output(1)  # [1, 1]
        around = ops.gather(ops.constant(self.around), ops.reshape(point, _shape(1), False), axis)  # [1, b]
        logits = ops.gather(row, ops.reshape(around, _shape(-1), False), ops.constant(np.int64(1)))  # [1, b]
        first = ops.gather(ops.softmax(logits, 1), _shape(0), ops.constant(np.int64(1)))  # [1, 1]
        return ops.subtract(ops.constant(np.float32(1)), ops.reshape(first, _shape(1), False))


def _vectors(features: Array) -> Array:
    """[N, C, h, w] to [N * h * w, C]."""
    return np.ascontiguousarray(features.transpose(0, 2, 3, 1)).reshape(-1, features.shape[1])


def _around(memory: Array, neighbours: int) -> NDArray[np.int64]:
    """Indices [M, b] of the nearest points of each point, itself first; in parts, as M * M distances are many."""
    found = [np.empty((0, min(neighbours, len(memory))), dtype=np.int64)]
    for start in range(0, len(memory) if neighbours else 0, _PART):
        rows = memory[start : start + _PART]
        apart = _squared(rows, memory)
        apart[np.arange(len(rows)), np.arange(start, start + len(rows))] = -1  # itself, whatever rounding says
        found.append(np.argsort(apart, axis=1)[:, :neighbours])
    return np.concatenate(found) if neighbours else np.empty((len(memory), 0), dtype=np.int64)


def _squared(left: Array, right: Array) -> Array:
    """Squared distances [A, B] between the rows of [A, C] and [B, C]."""
    squares = np.einsum("ac,ac->a", left, left)[:, None] + np.einsum("bc,bc->b", right, right)
    return np.asarray(squares - 2 * (left @ right.T), dtype=np.float32)


def _shape(*sizes: int) -> ov.Node:
    return ops.constant(np.array(sizes, dtype=np.int64))
