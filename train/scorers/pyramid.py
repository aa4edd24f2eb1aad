"""Where a student's features differ from its teacher's, level by level of a feature pyramid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

from edge.scorers.gaussian import attach_shorten, shorten
from edge.scorers.heatmap import as_map, attach_render, attach_top_mean, render, rise, top_mean
from edge.scorers.scorer import Head, Scored

Array = NDArray[np.float32]


@dataclass(frozen=True)
class PyramidScorer:
    """The map is the product over all levels of half the squared distance of unit features, brought to the
    picture's size; the score is the mean of its largest values. It has nothing to fit.

    It takes the teacher's levels, then the student's, float32 [N, C, h, w] each.

    Attributes:
        size: (H, W) of the maps.
        smoothing_px: Gaussian filter of each level, in pixels of the map.
        top_share: share of the largest values averaged to the score; the least is one pixel, the maximum.
    """

    size: tuple[int, int]
    smoothing_px: float
    top_share: float

    def score(self, features: Sequence[Array]) -> Scored:
        levels = len(features) // 2
        maps = np.ones((len(features[0]), *self.size), np.float32)
        for teacher, student in zip(features[:levels], features[levels:], strict=True):
            apart = np.square(shorten(teacher, 1) - shorten(student, 1)).sum(axis=1) / 2
            maps *= render(apart, *self._filters(apart.shape[1], apart.shape[2]))
        return Scored(top_mean(maps, self.top), maps)

    def attach(self, features: Sequence[ov.Output]) -> Head:
        levels = len(features) // 2
        drawn: ov.Output | None = None
        for teacher, student in zip(features[:levels], features[levels:], strict=True):
            level = self._attach_level(teacher, student)
            drawn = level if drawn is None else ops.multiply(drawn, level).output(0)
        return Head(attach_top_mean(drawn, self.top), as_map(drawn))

    def arrays(self) -> Mapping[str, Array]:
        return {}

    def _attach_level(self, teacher: ov.Output, student: ov.Output) -> ov.Output:
        difference = ops.subtract(attach_shorten(teacher, 1), attach_shorten(student, 1))
        channels = ops.constant(np.array([1], dtype=np.int64))
        squares = ops.reduce_sum(ops.multiply(difference, difference), channels, False)
        apart = ops.multiply(squares, np.float32(0.5)).output(0)
        _, height, width = apart.get_shape()
        return attach_render(apart, *self._filters(height, width))

    @property
    def top(self) -> int:
        """How many of the largest values are averaged to the score."""
        return max(1, round(self.top_share * self.size[0] * self.size[1]))

    def _filters(self, height: int, width: int) -> tuple[Array, Array]:
        return rise(height, self.size[0], self.smoothing_px), rise(width, self.size[1], self.smoothing_px)
