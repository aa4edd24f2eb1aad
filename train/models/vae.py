"""``vae``: a variational autoencoder.

Four blocks of ``cae`` and one more, then a Gaussian over a short latent vector; the decoder mirrors it. While it
learns, the latent is drawn; when it judges, it is the mean, so that a picture always has the same score.

Source: Kingma and Welling, "Auto-Encoding Variational Bayes", 2014.
Input: uint8 BGR [N, H, W, 3], sides multiples of 32. Output: picture and reconstruction [N, 3, H, W] in [0, 1].
Score: mean of the map's largest values, higher is more anomalous. Map: the squared error, Gaussian-filtered, in
deviations from the good pictures' errors at the same place.
"""

from __future__ import annotations

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from train.models.kind import Kind
from train.models.reconstructing import fit, restore
from train.models.setup import Setup
from train.networks.autoencoder import Autoencoder, check_size, unit
from train.networks.blocks import down, to_picture, up
from train.scorers.reconstruction import ReconstructionOptions
from train.training.lesson import Lesson

WIDTHS = (32, 64, 128, 256, 256)


class VaeOptions(ReconstructionOptions):
    """Options of ``vae``."""

    batch: int = Field(16, ge=4, le=4096, description="pictures per step; one alone has no deviation")
    latent: int = Field(128, ge=1, le=4096, description="numbers that a picture is made from")
    beta: float = Field(1.0, ge=0, le=1000, description="weight of the latent's divergence from a unit Gaussian")


class Variational(Autoencoder):
    """Picture to mean and log variance of the latent, and a latent to a reconstruction.

    Args:
        size: (height, width) of the pictures.
        latent: length of the latent vector.
    """

    def __init__(self, size: tuple[int, int], latent: int) -> None:
        shape = (WIDTHS[-1], size[0] // 32, size[1] // 32)
        flat = shape[0] * shape[1] * shape[2]
        encoder = nn.Sequential(
            *(down(*pair) for pair in zip((3, *WIDTHS[:-1]), WIDTHS, strict=True)), nn.Flatten()
        )
        back = WIDTHS[::-1]
        decoder = nn.Sequential(
            nn.Linear(latent, flat),
            nn.Unflatten(1, shape),
            *(up(*pair) for pair in zip(back[:-1], back[1:], strict=True)),
            to_picture(back[-1]),
        )
        super().__init__(nn.Sequential(encoder, nn.Linear(flat, 2 * latent)), decoder)

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        picture = unit(pictures)
        mean, _ = self.encoder(picture).chunk(2, dim=1)
        return picture, self.decoder(mean)

    def drawn(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Picture, reconstruction from a drawn latent, and the latent's mean and log variance [N, latent]."""
        picture = unit(pictures)
        mean, log_variance = self.encoder(picture).float().chunk(2, dim=1)
        latent = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        return picture, self.decoder(latent).float(), mean, log_variance


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler divergence of each latent from a unit Gaussian, [N, k] to [N]."""
    return (mean.square() + log_variance.exp() - log_variance - 1).sum(dim=1) / 2


def _lesson(setup: Setup, options: VaeOptions) -> Lesson:
    def lesson(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
        picture, reconstruction, mean, log_variance = network.drawn(pictures)
        # The evidence bound of a unit Gaussian per value, divided by the number of values.
        likelihood = functional.mse_loss(reconstruction, picture) / 2
        return likelihood + options.beta * divergence(mean, log_variance).mean() / picture[0].numel()

    return lesson


def _network(setup: Setup, options: VaeOptions, pretrained: bool) -> Variational:
    check_size(setup, 32)
    return Variational(setup.size, options.latent)


KIND = Kind(
    name="vae",
    summary="variational autoencoder; the reconstruction error is the score",
    source="Kingma and Welling, 'Auto-Encoding Variational Bayes', 2014",
    cost="trained by gradient, 50 epochs; weights grow with the picture: 10 million at 256 pixels",
    options=VaeOptions,
    backbone=None,
    network=_network,
    fit=fit,
    restore=restore,
    lesson=_lesson,
)
