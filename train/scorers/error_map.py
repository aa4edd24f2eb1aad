"""The reconstruction error as a heatmap: squared, mean over the channels, Gaussian-filtered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

from edge.scorers.heatmap import attach_render, render, rise

Array = NDArray[np.float32]


@dataclass(frozen=True)
class ErrorMap:
    """Picture and reconstruction, float32 [N, C, h, w] in [0, 1], to maps [N, H, W]; higher is more anomalous.

    Attributes:
        size: (H, W) of the maps; a smaller picture's error is interpolated.
        smoothing_px: standard deviation of the Gaussian in pixels of the map.
    """

    size: tuple[int, int]
    smoothing_px: float

    def draw(self, picture: Array, reconstruction: Array) -> Array:
        error = np.square(picture - reconstruction).mean(axis=1)
        return render(error, *self._filters(error.shape[1], error.shape[2]))

    def attach(self, picture: ov.Output, reconstruction: ov.Output) -> ov.Output:
        """``draw`` as OpenVINO operations, [1, H, W]."""
        difference = ops.subtract(picture, reconstruction)
        channels = ops.constant(np.array([1], dtype=np.int64))
        error = ops.reduce_mean(ops.multiply(difference, difference), channels, False).output(0)
        _, height, width = error.get_shape()
        return attach_render(error, *self._filters(height, width))

    def shaped(self, drawn: ov.Output) -> ov.Output:
        """A drawn map [1, H, W] as a bundle gives it, [1, 1, H, W]."""
        return ops.unsqueeze(drawn, ops.constant(np.int64(1))).output(0)

    def _filters(self, height: int, width: int) -> tuple[Array, Array]:
        return rise(height, self.size[0], self.smoothing_px), rise(width, self.size[1], self.smoothing_px)
