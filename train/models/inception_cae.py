"""``inception-cae``: an autoencoder of inception blocks.

A convolution halves the picture first, as in the network that the blocks come from. Each of the three blocks
behind it looks at three scales at once and is followed by a maximum over 2 x 2 pixels, or preceded by their
repetition on the way back. Trained as published: 200 epochs, 64 pictures per step, Adam, squared error.

Source: Sarafijanovic-Djukic and Davis, "Fast Distance-Based Anomaly Detection in Images Using an Inception-Like
Autoencoder", 2019; here the reconstruction error is the score.
Input: uint8 BGR [N, H, W, 3], sides multiples of 16. Output: picture and reconstruction [N, 3, H, W] in [0, 1].
Score: mean of the map's largest values, higher is more anomalous. Map: the squared error, Gaussian-filtered, in
deviations from the good pictures' errors at the same place.
"""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field
from torch import nn

from train.models.kind import Kind
from train.models.reconstructing import fit, restore, to_reconstruct
from train.models.setup import Setup
from train.networks.autoencoder import Autoencoder, check_size
from train.networks.blocks import Inception, down, to_picture
from train.scorers.reconstruction import ReconstructionOptions


class InceptionOptions(ReconstructionOptions):
    """Options of ``inception-cae``."""

    epochs: int = Field(200, ge=1, le=100_000, description="passes over the good pictures at most")
    batch: int = Field(64, ge=1, le=4096, description="pictures per step")
    width: int = Field(
        16,
        ge=4,
        le=256,
        multiple_of=4,
        description="channels of the first block, a multiple of 4; each doubles them",
    )


def _network(setup: Setup, options: InceptionOptions, pretrained: bool) -> Autoencoder:
    check_size(setup, 16)
    widths = [options.width * 2**block for block in range(4)]
    encoder = [layer for pair in pairwise(widths) for layer in (Inception(*pair), nn.MaxPool2d(2))]
    decoder = [
        layer for pair in pairwise(widths[::-1]) for layer in (nn.Upsample(scale_factor=2), Inception(*pair))
    ]
    return Autoencoder(nn.Sequential(down(3, widths[0]), *encoder), nn.Sequential(*decoder, to_picture(widths[0])))


KIND = Kind(
    name="inception-cae",
    summary="autoencoder of inception blocks; the reconstruction error is the score",
    source="Sarafijanovic-Djukic and Davis, 'Fast Distance-Based Anomaly Detection ... Inception-Like', 2019",
    cost="trained by gradient, 200 epochs of 64 pictures per step",
    options=InceptionOptions,
    backbone=None,
    network=_network,
    fit=fit,
    restore=restore,
    lesson=lambda setup, options: to_reconstruct("mse"),
)
