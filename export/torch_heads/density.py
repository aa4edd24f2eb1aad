"""Densities of vectors as torch modules: float32 [1, C] to -log density [1]; and the vector of autoencoders."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from export.torch_heads.layers import add_buffers
from train.networks.place import place
from train.scorers.density import Density
from train.scorers.mixture import Mixture
from train.scorers.place import Scale


class DensityHead(nn.Module):
    """``train.scorers.density.Density``."""

    def __init__(self, density: Density) -> None:
        super().__init__()
        add_buffers(self, density.arrays())

    def forward(self, vectors: Tensor) -> Tensor:
        placed = (vectors - self.mean) @ self.axes  # [1, k]
        apart = (placed - self.points).square().sum(dim=1) / 2  # [n]
        return self.constant - torch.logsumexp(-apart, dim=0)


class MixtureHead(nn.Module):
    """``train.scorers.mixture.Mixture``."""

    def __init__(self, mixture: Mixture) -> None:
        super().__init__()
        add_buffers(self, mixture.arrays())

    def forward(self, vectors: Tensor) -> Tensor:
        white = self.whitening @ (vectors - self.means)[:, :, None]  # [K, D, 1]
        each = white.square().sum(dim=(1, 2)) / 2 + self.offsets  # [K]
        return -torch.logsumexp(-each, dim=0, keepdim=True)


class PlaceHead(nn.Module):
    """``train.scorers.place.Scale``: picture and reconstruction [1, C, h, w], latent [1, d] to [1, d + 2]."""

    def __init__(self, scale: Scale) -> None:
        super().__init__()
        add_buffers(self, scale.arrays())

    def forward(self, picture: Tensor, reconstruction: Tensor, latent: Tensor) -> Tensor:
        return place(picture, reconstruction, latent) / self.deviations
