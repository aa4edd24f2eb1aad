"""What every backbone gives: tapped feature maps, and how its pictures must be normalized."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Tap:
    """One tapped block.

    Attributes:
        block: its number in the network.
        stride: pixels of the picture per cell of its feature map.
    """

    block: int
    stride: int


@dataclass(frozen=True)
class Backbone:
    """A recipe for a feature network.

    Attributes:
        name: as ``--backbone`` takes it.
        groups: named groups of taps, which scorers ask for: "coarse" decides, "early" decides where time is
            short, "fine" places; "stride4", "stride8" and "stride16" are single levels of a pyramid; a density of
            whole pictures rests on "deep".
        mean: per RGB channel, in 0..255, taken off first.
        scale: per RGB channel, in 0..255, divided by then.
        licence: of the weights, with their origin; it is written into the model card.
        build: (size, blocks, pretrained) to a module that maps normalized float RGB [N, 3, H, W] to one feature
            map for each of the blocks, in ascending order. Without ``pretrained`` the weights are left for a
            checkpoint to fill, and nothing is looked up.
    """

    name: str
    groups: dict[str, tuple[Tap, ...]]
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    licence: str
    build: Callable[[tuple[int, int], tuple[int, ...], bool], nn.Module]
