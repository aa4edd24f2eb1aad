"""From a camera's bytes to the feature maps that a scorer asked for, as one torch module."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from edge.errors import UsageError
from edge.scorers.scorer import View, grid_of
from train.backbones.backbone import Backbone, Tap


class Extractor(nn.Module):
    """uint8 BGR [N, H, W, 3] to one float feature map [N, C, h, w] per view.

    Args:
        backbone: recipe of the network.
        views: what the scorer asks for.
        size: (height, width) of the pictures.
        pretrained: load the published weights; without, a checkpoint fills them.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self, backbone: Backbone, views: Sequence[View], size: tuple[int, int], *, pretrained: bool = True
    ) -> None:
        super().__init__()
        self.views = tuple(views)
        self.outputs = tuple(view.taps for view in views)
        self.groups = tuple(_group(backbone, view) for view in views)
        self.grids = tuple(grid_of(size, view.stride) for view in views)
        self.blocks = tuple(sorted({tap.block for group in self.groups for tap in group}))
        self.network = backbone.build(size, self.blocks, pretrained)
        self.register_buffer("mean", torch.tensor(backbone.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("scale", torch.tensor(backbone.scale).view(1, 3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        rgb = pictures.permute(0, 3, 1, 2).float().flip(1)  # [N, 3, H, W]
        tapped = dict(zip(self.blocks, self.network((rgb - self.mean) / self.scale), strict=True))
        return tuple(
            _joined([(tapped[tap.block], tap.stride) for tap in group], view, grid)
            for group, view, grid in zip(self.groups, self.views, self.grids, strict=True)
        )


def _group(backbone: Backbone, view: View) -> tuple[Tap, ...]:
    if view.taps not in backbone.groups:
        raise UsageError(f"backbone {backbone.name} has no {view.taps} features", hint="choose another backbone")
    return backbone.groups[view.taps]


def _joined(maps: list[tuple[Tensor, int]], view: View, grid: tuple[int, int]) -> Tensor:
    """Averages each map over its neighbourhood, brings all to the view's grid and joins their channels."""
    parts = []
    for x, stride in maps:
        if view.average > 1:
            # The border's mean is over the cells that exist: counting padding would make borders look odd.
            x = functional.avg_pool2d(x, view.average, 1, view.average // 2, count_include_pad=False)
        if stride < view.stride:
            ratio = view.stride // stride
            x = functional.avg_pool2d(x, ratio, ratio, ceil_mode=True, count_include_pad=False)
        elif stride > view.stride:
            ratio = stride // view.stride
            x = functional.interpolate(x, scale_factor=float(ratio), mode="bilinear", align_corners=False)
        # Where the size is no multiple of a tap's stride, its last cell reaches beyond the picture.
        parts.append(x[:, :, : grid[0], : grid[1]])
    return torch.cat(parts, dim=1)
