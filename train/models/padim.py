"""``padim``, the default: a Gaussian per position of the feature map, in closed form."""

from __future__ import annotations

from edge.progress import Advance
from edge.scorers.padim import COPIES, PadimOptions, PadimScorer
from train.backbones.registry import DEFAULT
from train.models.features import extractor
from train.models.kind import Batches, Kind, Size


def _fit(batches: Batches, size: Size, options: PadimOptions, seed: int, advance: Advance) -> PadimScorer:
    return PadimScorer.fit(batches, size, options)


KIND = Kind(
    name="padim",
    summary="one Gaussian per position of the feature map; the default",
    source="Defard et al., 'PaDiM', 2021",
    cost="closed form, one pass over the pictures; size does not grow with their number",
    options=PadimOptions,
    backbone=DEFAULT,
    network=extractor,
    fit=_fit,
    steps=lambda options: 0,
    restore=PadimScorer.from_arrays,
    copies=COPIES,
)
