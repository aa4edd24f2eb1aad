"""The reconstruction error as a heatmap: squared, mean over the channels, Gaussian-filtered.

An autoencoder draws edges and print worse than plain ground, on good parts too. Counted in deviations from the
good parts' errors at the same place, what is left is what is unusual there. An error that is unusually small is
unusual too: a large hole is drawn better than the part that is missing. docs/models.md has rows of
one network that is scored both ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops
from pydantic import Field

from edge.scorers.heatmap import attach_render, render, rise
from edge.scorers.moments import Moments
from train.training.options import LearningOptions

Array = NDArray[np.float32]
FLOOR = 0.01  # share of the mean variance added to every variance: plain ground must not divide by nothing


class MappingOptions(LearningOptions):
    """Options of every model whose map is its reconstruction error."""

    smoothing_px: float = Field(4.0, ge=0, le=64, description="Gaussian filter of the error, pixels of the input")
    standardized: bool = Field(
        True,
        description="errors in deviations of the good pictures' errors at the same place; false: as published, "
        "as they are",
    )


@dataclass(frozen=True)
class ErrorMap:
    """Picture and reconstruction, float32 [N, C, h, w] in [0, 1], to maps [N, H, W]; higher is more anomalous.

    Attributes:
        size: (H, W) of the maps; a smaller picture's error is interpolated.
        smoothing_px: standard deviation of the Gaussian in pixels of the map.
        usual: mean error of good pictures, float32 [H, W]; None for errors as they are.
        scale: 1 / deviation of good pictures' errors, float32 [H, W].
    """

    size: tuple[int, int]
    smoothing_px: float
    usual: Array | None = None
    scale: Array | None = None

    def draw(self, picture: Array, reconstruction: Array) -> Array:
        error = np.square(picture - reconstruction).mean(axis=1)
        maps = render(error, *self._filters(error.shape[1], error.shape[2]))
        return maps if self.usual is None or self.scale is None else np.abs(maps - self.usual) * self.scale

    def attach(self, picture: ov.Output, reconstruction: ov.Output) -> ov.Output:
        """``draw`` as OpenVINO operations, [1, H, W]."""
        difference = ops.subtract(picture, reconstruction)
        channels = ops.constant(np.array([1], dtype=np.int64))
        error = ops.reduce_mean(ops.multiply(difference, difference), channels, False).output(0)
        _, height, width = error.get_shape()
        drawn = attach_render(error, *self._filters(height, width))
        if self.usual is None or self.scale is None:
            return drawn
        return ops.multiply(ops.abs(ops.subtract(drawn, self.usual[None])), self.scale[None]).output(0)

    def arrays(self) -> dict[str, Array]:
        """What was fitted, for a checkpoint."""
        return {} if self.usual is None or self.scale is None else {"usual": self.usual, "scale": self.scale}

    @classmethod
    def restore(cls, arrays: Mapping[str, Array], size: tuple[int, int], options: MappingOptions) -> ErrorMap:
        """The map that gave these arrays.

        Raises:
            KeyError: an array is missing.
        """
        fitted = (arrays["usual"], arrays["scale"]) if options.standardized else ()
        return cls(size, options.smoothing_px, *fitted)

    def _filters(self, height: int, width: int) -> tuple[Array, Array]:
        return rise(height, self.size[0], self.smoothing_px), rise(width, self.size[1], self.smoothing_px)


class ErrorMapFit:
    """Gathers the errors of good pictures, in memory that does not grow with their number.

    Args:
        size: (H, W) of the maps.
        options: whether errors are standardized at all.
    """

    def __init__(self, size: tuple[int, int], options: MappingOptions) -> None:
        self._plain = ErrorMap(size, options.smoothing_px)
        self._errors = Moments() if options.standardized else None

    def add(self, picture: Array, reconstruction: Array) -> None:
        """Adds a batch, each float32 [N, C, h, w] in [0, 1]."""
        if self._errors is not None:
            self._errors.add(self._plain.draw(picture, reconstruction)[:, None])  # [N, 1, H, W]

    def error_map(self) -> ErrorMap:
        """The map fitted on what was added.

        Raises:
            ValueError: errors are to be standardized and nothing was added.
        """
        if self._errors is None:
            return self._plain
        size = self._plain.size
        variance = self._errors.variance()
        scale = 1 / np.sqrt(variance + FLOOR * variance.mean() + 1e-20)
        usual = self._errors.mean().reshape(size)
        return ErrorMap(size, self._plain.smoothing_px, usual, scale.reshape(size).astype(np.float32))
