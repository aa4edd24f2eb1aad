"""``train.scorers.place`` in torch, for a network that learns from it and for ONNX."""

from __future__ import annotations

import torch
from torch import Tensor

from train.scorers.likeness import TINY


def place(picture: Tensor, reconstruction: Tensor, latent: Tensor) -> Tensor:
    """Latent, relative distance and cosine, as they come: float [N, d + 2]; see ``train.scorers.place.place``."""
    left, right = picture.flatten(1), reconstruction.flatten(1)
    length, other = left.norm(dim=1, keepdim=True), right.norm(dim=1, keepdim=True)  # [N, 1]
    distance = (left - right).norm(dim=1, keepdim=True) / (length + TINY)
    turned = left / (length + TINY) - right / (other + TINY)
    cosine = 1 - turned.square().sum(dim=1, keepdim=True) / 2
    return torch.cat([latent, distance, cosine], dim=1)
