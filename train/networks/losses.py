"""Losses between pictures and reconstructions, float [N, C, H, W] in [0, 1]; each is a scalar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

WINDOW = 11
SIGMA = 1.5
C1, C2 = 0.01**2, 0.03**2  # for pictures in [0, 1]

Name = Literal["mse", "ssim", "combined"]
Loss = Callable[[Tensor, Tensor], Tensor]


def structural_similarity(left: Tensor, right: Tensor) -> Tensor:
    """SSIM per pixel, [N, C, H - 10, W - 10], 1 where the two are alike.

    Source: Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004, with its
    Gaussian window of 11 pixels and no padding.
    """
    stacked = torch.cat([left, right, left * left, right * right, left * right])
    with torch.autocast(left.device.type, enabled=False):  # differences of squares do not survive 16 bits
        mean_l, mean_r, square_l, square_r, product = _window(stacked).chunk(5)
    variance_l, variance_r = square_l - mean_l**2, square_r - mean_r**2
    covariance = product - mean_l * mean_r
    brightness = (2 * mean_l * mean_r + C1) / (mean_l**2 + mean_r**2 + C1)
    return brightness * (2 * covariance + C2) / (variance_l + variance_r + C2)


def ssim(reconstruction: Tensor, picture: Tensor) -> Tensor:
    """1 - mean SSIM."""
    return 1 - structural_similarity(reconstruction, picture).mean()


def combined(reconstruction: Tensor, picture: Tensor) -> Tensor:
    """Half of each: squared error keeps brightness and colour, SSIM keeps edges."""
    return (functional.mse_loss(reconstruction, picture) + ssim(reconstruction, picture)) / 2


LOSSES: dict[Name, Loss] = {"mse": functional.mse_loss, "ssim": ssim, "combined": combined}


def _window(pictures: Tensor) -> Tensor:
    offsets = torch.arange(WINDOW, dtype=pictures.dtype, device=pictures.device) - WINDOW // 2
    kernel = torch.exp(-(offsets**2) / (2 * SIGMA**2))
    kernel = kernel / kernel.sum()
    channels = pictures.shape[1]
    tall = kernel.view(1, 1, -1, 1).expand(channels, 1, -1, 1)
    wide = kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1)
    return functional.conv2d(functional.conv2d(pictures, tall, groups=channels), wide, groups=channels)
