"""Reconstruction error: what an autoencoder of good parts cannot draw again is anomalous."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops
from pydantic import Field

from edge.scorers.heatmap import as_map, attach_top_mean, top_mean
from edge.scorers.scorer import Head, Scored
from train.scorers.error_map import ErrorMap, MappingOptions

Array = NDArray[np.float32]


class ReconstructionOptions(MappingOptions):
    """Options of every model whose score is its reconstruction error too."""

    top_share: float = Field(
        0.001,
        gt=0,
        le=1,
        description="share of the map's largest values averaged to the score; 1 is the mean error",
    )


@dataclass(frozen=True)
class ReconstructionScorer:
    """The score is the mean of the largest values of the map.

    It takes picture and reconstruction, float32 [N, C, H, W] in [0, 1].
    """

    error: ErrorMap
    top_share: float

    def score(self, features: Sequence[Array]) -> Scored:
        maps = self.error.draw(*features)
        if self.top_share == 1:
            return Scored(maps.mean(axis=(1, 2)), maps)
        return Scored(top_mean(maps, self.top), maps)

    def attach(self, features: Sequence[ov.Output]) -> Head:
        drawn = self.error.attach(*features)
        if self.top_share == 1:
            score = ops.reduce_mean(drawn, ops.constant(np.array([1, 2], dtype=np.int64)), False).output(0)
        else:
            score = attach_top_mean(drawn, self.top)
        return Head(score, as_map(drawn))

    def arrays(self) -> Mapping[str, Array]:
        return self.error.arrays()

    @property
    def top(self) -> int:
        """How many of the largest values are averaged to the score."""
        height, width = self.error.size
        return max(1, round(self.top_share * height * width))
