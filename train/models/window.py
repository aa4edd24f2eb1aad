"""A window of the picture that a model looks at: pixels go to the part, and dust beside it is no defect.

The window is in the model's graph: a bundle takes whole pictures and gives maps of whole pictures, and products
that share a camera may each have their own. A camera's region of interest is cut out before, for all of them.
"""

from __future__ import annotations

import math
from typing import Any

from pydantic import BaseModel, Field
from torch import Tensor, nn

from train.models.setup import Setup
from train.scorers.window import Window

CELL_PX = 16  # a window is made of whole cells of the coarsest features


class WindowOptions(BaseModel):
    """How much is cut off at each side, in shares of the picture; the window is rounded up to whole cells."""

    cut_top: float = Field(0, ge=0, lt=0.5, description="share of the height left out at the top")
    cut_bottom: float = Field(0, ge=0, lt=0.5, description="share of the height left out at the bottom")
    cut_left: float = Field(0, ge=0, lt=0.5, description="share of the width left out at the left")
    cut_right: float = Field(0, ge=0, lt=0.5, description="share of the width left out at the right")

    def window(self, picture: tuple[int, int]) -> Window:
        """The window in pictures of this (height, width)."""
        top, below = _kept(picture[0], self.cut_top, self.cut_bottom)
        left, beyond = _kept(picture[1], self.cut_left, self.cut_right)
        return Window(top, left, (below - top, beyond - left), picture)


class WindowedNetwork(nn.Module):
    """uint8 BGR [N, H, W, 3] of whole pictures to what a network gives for the window of them.

    Args:
        network: of pictures of the window's size.
        window: cut out.
    """

    def __init__(self, network: nn.Module, window: Window) -> None:
        super().__init__()
        self.network = network
        self.outputs = network.outputs
        self.rows, self.columns = window.rows, window.columns

    def forward(self, pictures: Tensor) -> Any:
        return self.network(pictures[:, self.rows, self.columns])


def seen_through(window: Window, setup: Setup) -> Setup:
    """The setup of what is behind the window."""
    height, width = window.size
    return setup.model_copy(update={"height": height, "width": width})


def _kept(side: int, before: float, after: float) -> tuple[int, int]:
    """First pixel that is kept of a side, and the first that no longer is."""
    first = math.floor(before * side / CELL_PX) * CELL_PX
    behind = math.ceil((1 - after) * side / CELL_PX) * CELL_PX
    return first, min(behind, side)
