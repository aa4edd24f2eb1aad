"""Blocks of autoencoders. All take and give float [N, C, h, w]."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

SLOPE = 0.2  # of LeakyReLU below 0


def down(channels_in: int, channels_out: int) -> nn.Sequential:
    """Halves both sides: convolution 4 x 4 with stride 2, batch normalization, LeakyReLU."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 4, 2, 1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.LeakyReLU(SLOPE),
    )


def up(channels_in: int, channels_out: int) -> nn.Sequential:
    """Doubles both sides: transposed convolution 4 x 4 with stride 2, batch normalization, LeakyReLU."""
    return nn.Sequential(
        nn.ConvTranspose2d(channels_in, channels_out, 4, 2, 1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.LeakyReLU(SLOPE),
    )


def to_picture(channels_in: int) -> nn.Sequential:
    """Doubles both sides to three channels in [0, 1]."""
    return nn.Sequential(nn.ConvTranspose2d(channels_in, 3, 4, 2, 1), nn.Sigmoid())


class Residual(nn.Module):
    """Two convolutions 3 x 3 and a shortcut 1 x 1, at half the sides, the same, or twice.

    Source: He et al., "Deep Residual Learning for Image Recognition", 2016. Doubling repeats pixels before the
    convolutions, which draws no checkerboards as transposed convolutions do.

    Args:
        channels_in: of the input.
        channels_out: of the output.
        scale: 0.5, 1 or 2, of the sides.
    """

    def __init__(self, channels_in: int, channels_out: int, scale: float) -> None:
        super().__init__()
        stride = 2 if scale == 0.5 else 1
        self.resize = nn.Upsample(scale_factor=2, mode="nearest") if scale == 2 else nn.Identity()
        # Means of 2 x 2 pixels instead of a 1 x 1 convolution with stride 2, which drops three pixels of four, and
        # whose gradient overruns its memory in torch 2.13 with few channels in channels-last order.
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2) if scale == 0.5 else nn.Identity(),
            nn.Conv2d(channels_in, channels_out, 1, bias=False),
            nn.BatchNorm2d(channels_out),
        )
        self.body = nn.Sequential(
            nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels_out),
        )
        self.after = nn.LeakyReLU(SLOPE)

    def forward(self, x: Tensor) -> Tensor:
        x = self.resize(x)
        y: Tensor = self.after(self.body(x) + self.shortcut(x))
        return y


class Inception(nn.Module):
    """Four views of the same place, side by side: 1 x 1, 3 x 3 and 5 x 5 convolutions and a maximum.

    Source: Szegedy et al., "Going Deeper with Convolutions", 2015, with batch normalization.

    Args:
        channels_in: of the input.
        channels_out: of the output, a multiple of 4; each view has a quarter.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        each = channels_out // 4
        self.views = nn.ModuleList(
            [
                same(channels_in, each, 1),
                nn.Sequential(same(channels_in, each, 1), same(each, each, 3)),
                nn.Sequential(same(channels_in, each, 1), same(each, each, 5)),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), same(channels_in, each, 1)),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([view(x) for view in self.views], dim=1)


class StackedDilated(nn.Module):
    """Convolutions 3 x 3 with growing gaps over the same input, joined by a 1 x 1 convolution.

    Each sees the same place in a wider surrounding, so that the joined view is wide and dense at once.
    A gap of as many cells as ``x`` has on a side reaches past its border everywhere: such a convolution sees the
    place alone.

    Args:
        channels: of input and output.
        dilations: gap of each convolution in cells, e.g. 1, 2, 4, 8, 16, 32.
    """

    def __init__(self, channels: int, dilations: Sequence[int]) -> None:
        super().__init__()
        each = max(1, channels // len(dilations))
        self.rings = nn.ModuleList([same(channels, each, 3, dilation) for dilation in dilations])
        self.join = same(each * len(dilations), channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        joined: Tensor = self.join(torch.cat([ring(x) for ring in self.rings], dim=1))
        return joined


class ConvexCombination(nn.Module):
    """A skip connection that can be closed where it carries a defect: weight * skipped + (1 - weight) * decoded.

    The weights, one per cell and channel in (0, 1), are computed from both.

    Args:
        channels: of both inputs and of the output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weigh = nn.Sequential(same(2 * channels, channels, 3), nn.Conv2d(channels, channels, 1), nn.Sigmoid())

    def forward(self, skipped: Tensor, decoded: Tensor) -> Tensor:
        weight = self.weigh(torch.cat([skipped, decoded], dim=1))
        return decoded + weight * (skipped - decoded)


def same(channels_in: int, channels_out: int, kernel: int, dilation: int = 1) -> nn.Sequential:
    """Keeps both sides: convolution, batch normalization, LeakyReLU."""
    return nn.Sequential(
        nn.Conv2d(
            channels_in, channels_out, kernel, padding=kernel // 2 * dilation, dilation=dilation, bias=False
        ),
        nn.BatchNorm2d(channels_out),
        nn.LeakyReLU(SLOPE),
    )
