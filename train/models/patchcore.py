"""``patchcore``: distance to the nearest of a coreset of good features; for products without a fixed pose."""

from __future__ import annotations

from edge.scorers.patchcore import PatchcoreOptions, PatchcoreScorer
from train.backbones.registry import DEFAULT
from train.models.features import extractor
from train.models.kind import Kind

KIND = Kind(
    name="patchcore",
    summary="nearest neighbour in a coreset of good features; for parts without a fixed pose",
    source="Roth et al., 'Towards Total Recall in Industrial Anomaly Detection', 2022",
    cost="keeps all features while fitting; size and time of a judgement grow with the coreset",
    options=PatchcoreOptions,
    backbone=DEFAULT,
    network=extractor,
    fit=PatchcoreScorer.fit,
    steps=lambda options: int(options.coreset),
    restore=PatchcoreScorer.from_arrays,
)
