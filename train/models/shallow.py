"""``shallow``: padim on the first blocks of the backbone alone, made for small processors.

On small processors a network takes as long as it has layers. Two thirds of the backbone's layers lie behind its
fifth block, and small defects on parts in a fixed pose are found without them, in smaller pictures too.

Tried and left: students of the backbone, learnt from the good pictures. Those of all of it are fast and see no
defect that good pictures do not hint at; those of its first blocks save little time and tell defects worse.

Source: Defard et al., "PaDiM", 2021, on fewer and earlier layers.
Input: uint8 BGR [N, H, W, 3]. Output: padim's views, float [N, C, h, w].
Score and map: those of ``padim``, higher is more anomalous.
"""

from __future__ import annotations

from pydantic import Field

from edge.scorers.padim import COPIES
from edge.scorers.scorer import View
from train.backbones.registry import DEFAULT
from train.models.kind import Kind
from train.models.padim import WindowedPadimOptions, fit, network, restore


class ShallowOptions(WindowedPadimOptions):
    """Options of ``shallow``: those of ``padim``."""

    rank: int = Field(
        24, ge=0, le=512, description="directions kept of each covariance, one variance for the others; 0: full"
    )

    def views(self) -> tuple[View, ...]:
        """The feature maps that are asked of the backbone."""
        coarse = View("early", self.stride, self.average)
        return (coarse, View("fine", self.fine_stride)) if self.fine_weight else (coarse,)


KIND = Kind(
    name="shallow",
    summary="padim on the first blocks of the backbone alone, for small processors",
    source="Defard et al., 'PaDiM', 2021, on fewer and earlier layers",
    cost="closed form, one pass over the pictures; half of padim's time to judge",
    options=ShallowOptions,
    backbone=DEFAULT,
    side=192,
    network=network,
    fit=fit,
    restore=restore,
    copies=COPIES,
)
