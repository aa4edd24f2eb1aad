"""The default model: Gaussians on a coarse grid decide, diagonal ones on a fine grid sharpen the map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops
from pydantic import BaseModel, ConfigDict, Field
from threadpoolctl import ThreadpoolController

from edge.scorers.bounds import Odd, PowerOfTwo
from edge.scorers.diagonal import DiagonalScorer
from edge.scorers.gaussian import GaussianScorer, attach_shorten, shorten
from edge.scorers.heatmap import attach_render, attach_top_mean, render, rise, top_mean
from edge.scorers.moments import Moments
from edge.scorers.scorer import Head, Mapped, View, grid_of
from edge.scorers.subspace import SubspaceScorer

Array = NDArray[np.float32]


COPIES = 2  # jittered ones of each good picture that the fit does best with; docs/calibration.md


class PadimOptions(BaseModel):
    """Options of ``padim``; the defaults are what measured best on average over four data sets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stride: PowerOfTwo = Field(16, ge=4, le=64, description="pixels per cell of the grid that decides")
    average: Odd = Field(3, ge=1, le=9, description="cells averaged around each feature before scoring; odd")
    components: int = Field(0, ge=0, le=2048, description="dimensions the shared projection keeps; 0 keeps all")
    rank: int = Field(
        48, ge=0, le=512, description="directions kept of each covariance, one variance for the others; 0: full"
    )
    power: float = Field(0.5, ge=0, le=1, description="features are divided by their length to this power")
    shrinkage: float = Field(0.2, gt=0, le=10, description="share of the mean variance added to every variance")
    top_share: float = Field(0.01, gt=0, le=1, description="share of the largest distances averaged to the score")
    fine_weight: float = Field(
        1 / 3, ge=0, lt=1, description="weight of the finer grid in the map; 0 for none; the score is not touched"
    )
    fine_shrinkage: float = Field(0.1, gt=0, le=10, description="as shrinkage, for the finer grid")
    fine_stride: PowerOfTwo = Field(8, ge=2, le=64, description="pixels per cell of the finer grid")
    smoothing_px: float = Field(4.0, ge=0, le=64, description="Gaussian smoothing of the map, pixels of the input")

    def views(self) -> tuple[View, ...]:
        """The feature maps this model asks of a backbone."""
        coarse = View("coarse", self.stride, self.average)
        return (coarse, View("fine", self.fine_stride)) if self.fine_weight else (coarse,)

    def for_scores(self) -> PadimOptions:
        """Without the finer grid, which shapes the map and not the score."""
        return self.model_copy(update={"fine_weight": 0.0})


@dataclass(frozen=True)
class PadimScorer:
    """Mahalanobis distances of both grids, joined.

    The picture's score is the mean of the largest distances of the coarse grid. The map is a weighted geometric
    mean of both grids' distances, so that a defect must stand out in both: the fine grid alone places edges well
    and misses what only the larger context shows.
    """

    options: PadimOptions
    size: tuple[int, int]
    coarse: GaussianScorer | SubspaceScorer
    fine: DiagonalScorer | None

    @classmethod
    def fit(cls, batches: Iterable[Sequence[Array]], size: tuple[int, int], options: PadimOptions) -> PadimScorer:
        """Fits in one pass over batches of views, each float32 [N, C, h, w].

        Args:
            batches: features of good pictures, as ``options.views()`` asks for them.
            size: (height, width) of the pictures the features came from.
            options: see ``PadimOptions``.
        """
        fit = PadimFit(size, options)
        for views in batches:
            fit.add(views)
        return fit.scorer()

    def score(self, features: Sequence[Array]) -> Mapped:
        with _one_blas_thread():
            return self._score(features)

    def _score(self, features: Sequence[Array]) -> Mapped:
        power = self.options.power
        distances = self.coarse.distances(shorten(features[0], power))
        scores = top_mean(distances, self.top)
        if self.fine is None:
            return Mapped(scores, render(distances, *self._rise(self.coarse.grid)))
        raised = render(distances, *self._lift(self.fine))
        weight = np.float32(self.options.fine_weight)
        joined = raised ** (1 - weight) * self.fine.distances(shorten(features[1], power)) ** weight
        return Mapped(scores, render(joined, *self._rise(self.fine.grid)))

    def attach(self, features: Sequence[ov.Output]) -> Head:
        power = self.options.power
        distances = self.coarse.attach(attach_shorten(features[0], power))
        score = attach_top_mean(distances, self.top)
        if self.fine is None:
            joined, grid = distances, self.coarse.grid
        else:
            raised = attach_render(distances, *self._lift(self.fine))
            fine = self.fine.attach(attach_shorten(features[1], power))
            weight = self.options.fine_weight
            powers = ops.power(raised, np.float32(1 - weight)), ops.power(fine, np.float32(weight))
            joined, grid = ops.multiply(*powers).output(0), self.fine.grid
        rendered = attach_render(joined, *self._rise(grid))
        shape = ops.constant(np.array([1, 1, *self.size], dtype=np.int64))
        return Head(score, ops.reshape(rendered, shape, False).output(0))

    def arrays(self) -> dict[str, Array]:
        fine = self.fine.arrays() if self.fine else {}
        named = {f"coarse.{name}": array for name, array in self.coarse.arrays().items()}
        return named | {f"fine.{name}": array for name, array in fine.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], size: tuple[int, int], options: PadimOptions) -> Self:
        """Builds the scorer from what ``arrays`` gave.

        Raises:
            KeyError: an array is missing.
        """
        under = {name.removeprefix("coarse."): value for name, value in arrays.items()}
        grid = grid_of(size, options.stride)
        coarse: GaussianScorer | SubspaceScorer
        if options.rank:
            floor = float(under["floor"][0])
            coarse = SubspaceScorer(under["projection"], under["mean"], under["directions"], floor, grid)
        else:
            coarse = GaussianScorer(under["projection"], under["mean"], under["whitening"], grid)
        fine = None
        if options.fine_weight:
            grid = grid_of(size, options.fine_stride)
            fine = DiagonalScorer(arrays["fine.axes"], arrays["fine.mean"], arrays["fine.sharpness"], grid)
        return cls(options, size, coarse, fine)

    @property
    def top(self) -> int:
        """How many of the largest distances the score averages."""
        return max(1, round(self.options.top_share * len(self.coarse.mean)))

    def _rise(self, grid: tuple[int, int]) -> tuple[Array, Array]:
        sigma = self.options.smoothing_px
        return rise(grid[0], self.size[0], sigma), rise(grid[1], self.size[1], sigma)

    def _lift(self, fine: DiagonalScorer) -> tuple[Array, Array]:
        """Brings coarse distances to the fine grid, unsmoothed."""
        return rise(self.coarse.grid[0], fine.grid[0], 0), rise(self.coarse.grid[1], fine.grid[1], 0)


class PadimFit:
    """A fit that goes on: pictures are added, and a scorer can be made at any time of those added so far.

    Memory does not grow with the number of pictures.

    Args:
        size: (height, width) of the pictures that the features come from.
        options: see ``PadimOptions``.
    """

    def __init__(self, size: tuple[int, int], options: PadimOptions) -> None:
        self._size = size
        self._options = options
        self._gathered = [Moments() for _ in options.views()]

    @property
    def pictures(self) -> int:
        """How many were added."""
        return self._gathered[0].count

    def add(self, views: Sequence[Array]) -> None:
        """Adds a batch of pictures by their views, each float32 [N, C, h, w]; views of no use are passed over."""
        with _one_blas_thread():
            for moments, features in zip(self._gathered, views[: len(self._gathered)], strict=True):
                moments.add(shorten(features, self._options.power))

    def scorer(self) -> PadimScorer:
        """The scorer fitted on what was added; more may be added afterwards.

        Raises:
            ValueError: nothing was added.
        """
        options = self._options
        with _one_blas_thread():
            coarse = _fit_coarse(self._gathered[0], options)
            fine = None
            if options.fine_weight:
                fine = DiagonalScorer.fit(self._gathered[1], shrinkage=options.fine_shrinkage)
        return PadimScorer(options, self._size, coarse, fine)


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def _one_blas_thread() -> AbstractContextManager[object]:
    """Threads of BLAS wait for each other at every step of a small matrix.

    One alone decomposes the covariances five times faster and renders maps ten times, and thirty times where other
    programs keep the processor busy.
    """
    limited: AbstractContextManager[object] = _blas().limit(limits=1, user_api="blas")
    return limited


def _fit_coarse(moments: Moments, options: PadimOptions) -> GaussianScorer | SubspaceScorer:
    components, shrinkage = options.components, options.shrinkage
    if options.rank:
        return SubspaceScorer.fit(moments, components=components, rank=options.rank, shrinkage=shrinkage)
    return GaussianScorer.fit(moments, components=components, shrinkage=shrinkage)
