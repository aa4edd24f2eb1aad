"""``padim``, the default: a Gaussian per position of the feature map, in closed form."""

from __future__ import annotations

from edge.scorers.padim import PadimOptions, PadimScorer
from train.models.kind import FeatureKind

KIND = FeatureKind(
    name="padim",
    summary="one Gaussian per position of the feature map; the default",
    source="Defard et al., 'PaDiM', 2021",
    cost="fits in seconds; a constant 20 MB per model whatever the number of pictures",
    options=PadimOptions,
    fit=lambda batches, size, options, advance: PadimScorer.fit(batches, size, options),
    steps=lambda options: 0,
    restore=PadimScorer.from_arrays,
)
