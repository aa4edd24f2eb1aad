"""``dfkde``: density of pooled deep features.

The features of a published network's last stage are averaged over the picture; principal components and a Gaussian
kernel on each good picture give a density. It says whether a picture is odd, not where.

Source: deep feature kernel density estimation, as in Akcay et al., "Anomalib", 2022.
Input: uint8 BGR [N, H, W, 3]. Score: -log density, higher is more anomalous. No map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from pydantic import BaseModel, ConfigDict, Field

from edge.progress import Advance
from edge.scorers.scorer import Head, Scored, View
from train.backbones.registry import DEFAULT
from train.models.features import extractor
from train.models.kind import Array, Batches, Kind, Size
from train.scorers.density import Density, Shape


class DfkdeOptions(BaseModel):
    """Options of ``dfkde``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    components: int = Field(
        64, ge=1, le=512, description="principal components of the pooled features; published: 16"
    )
    density: Shape = Field("kde", description="kde: a kernel on each picture; gaussian: one over all")

    def views(self) -> tuple[View, ...]:
        """The features that the network is asked for."""
        return (View("deep", 32),)


@dataclass(frozen=True)
class DfkdeScorer:
    """Mean over all positions of features float32 [N, C, h, w], then their density."""

    density: Density

    def score(self, features: Sequence[Array]) -> Scored:
        return Scored(self.density.score(features[0].mean(axis=(2, 3))), None)

    def attach(self, features: Sequence[ov.Output]) -> Head:
        sides = ops.constant(np.array([2, 3], dtype=np.int64))
        return Head(self.density.attach(ops.reduce_mean(features[0], sides, False).output(0)), None)

    def arrays(self) -> Mapping[str, Array]:
        return self.density.arrays()


def _fit(batches: Batches, size: Size, options: DfkdeOptions, seed: int, advance: Advance) -> DfkdeScorer:
    pooled = np.concatenate([views[0].mean(axis=(2, 3)) for views in batches])
    return DfkdeScorer(Density.fit(pooled, components=options.components, shape=options.density))


def _restore(arrays: Mapping[str, Array], size: Size, options: DfkdeOptions) -> DfkdeScorer:
    return DfkdeScorer(Density.from_arrays(arrays))


KIND = Kind(
    name="dfkde",
    summary="density of pooled deep features; a score without a map",
    source="deep feature kernel density estimation, as in Akcay et al., 'Anomalib', 2022",
    cost="closed form, one pass over the pictures; the fastest to judge",
    options=DfkdeOptions,
    backbone=DEFAULT,
    network=extractor,
    fit=_fit,
    restore=_restore,
)
