"""``padim``, the default: a Gaussian per position of the feature map, in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torch import nn

from edge.progress import Advance
from edge.scorers.padim import COPIES, PadimOptions, PadimScorer
from edge.scorers.scorer import Scorer
from train.backbones.registry import DEFAULT
from train.models.features import extractor
from train.models.kind import Array, Batches, Kind, Size
from train.models.setup import Setup
from train.models.window import WindowedNetwork, WindowOptions, seen_through
from train.scorers.window import placed


class WindowedPadimOptions(WindowOptions, PadimOptions):
    """Options of ``padim`` on a workstation."""


def network(setup: Setup, options: WindowedPadimOptions, pretrained: bool) -> nn.Module:
    """The features that the options ask of the backbone, of what is in the window."""
    window = options.window(setup.size)
    inner = extractor(seen_through(window, setup), options, pretrained)
    return inner if window.whole else WindowedNetwork(inner, window)


def fit(batches: Batches, size: Size, options: WindowedPadimOptions, seed: int, advance: Advance) -> Scorer:
    """Fits on features of the window; see ``Kind.fit``."""
    window = options.window(size)
    return placed(PadimScorer.fit(batches, window.size, options), window)


def restore(arrays: Mapping[str, Array], size: Size, options: WindowedPadimOptions) -> Scorer:
    """The scorer that gave these arrays."""
    window = options.window(size)
    return placed(PadimScorer.from_arrays(arrays, window.size, options), window)


KIND = Kind(
    name="padim",
    summary="one Gaussian per position of the feature map; the default",
    source="Defard et al., 'PaDiM', 2021",
    cost="closed form, one pass over the pictures; size does not grow with their number",
    options=WindowedPadimOptions,
    backbone=DEFAULT,
    network=network,
    fit=fit,
    restore=restore,
    copies=COPIES,
)
TAUGHT = replace(KIND, options=PadimOptions)  # as devices fit it, to what a camera's region of interest shows
