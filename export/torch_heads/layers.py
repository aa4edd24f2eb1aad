"""What the heads share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge.scorers.gaussian import TINY
from edge.scorers.heatmap import rise

Array = NDArray[np.float32]


def add_buffers(module: nn.Module, arrays: Mapping[str, Array], prefix: str = "") -> None:
    """Makes fitted arrays part of a module."""
    for name, array in arrays.items():
        module.register_buffer(prefix + name, torch.from_numpy(np.array(array, order="C")))


def risers(grid: tuple[int, int], size: tuple[int, int], sigma_px: float) -> dict[str, Array]:
    """``edge.scorers.heatmap.rise`` for both axes: a map is down @ distances @ right."""
    return {"down": rise(grid[0], size[0], sigma_px), "right": rise(grid[1], size[1], sigma_px).T}


def shorten(features: Tensor, power: float) -> Tensor:
    """``edge.scorers.gaussian.shorten``, [1, C, h, w]."""
    squares = features.square().sum(dim=1, keepdim=True)
    return features * (squares + TINY) ** (-power / 2)


def cells(features: Tensor) -> Tensor:
    """[1, C, h, w] to one row for each cell, [h * w, C]."""
    return features[0].flatten(1).T
