"""``residual-ae``: a symmetric autoencoder of residual blocks.

Four residual blocks halve the picture, one keeps its size, four double it again.

Source: the residual blocks of He et al., "Deep Residual Learning for Image Recognition", 2016, as an autoencoder.
Input: uint8 BGR [N, H, W, 3], sides multiples of 16. Output: picture and reconstruction [N, 3, H, W] in [0, 1].
Score: mean of the map's largest values, higher is more anomalous. Map: the squared error, Gaussian-filtered, in
deviations from the good pictures' errors at the same place.
"""

from __future__ import annotations

from pydantic import Field
from torch import nn

from train.models.kind import Kind
from train.models.reconstructing import fit, restore, to_reconstruct
from train.models.setup import Setup
from train.networks.autoencoder import Autoencoder, check_size
from train.networks.blocks import Residual
from train.networks.losses import Name
from train.scorers.reconstruction import ReconstructionOptions


class ResidualOptions(ReconstructionOptions):
    """Options of ``residual-ae``."""

    loss: Name = Field("mse", description="what is made small: mse, ssim, or combined, which is half of each")
    width: int = Field(16, ge=4, le=256, description="channels of the first block; each block doubles them")


def _network(setup: Setup, options: ResidualOptions, pretrained: bool) -> Autoencoder:
    check_size(setup, 16)
    one, two, four, eight = (options.width * 2**block for block in range(4))
    return Autoencoder(
        nn.Sequential(
            Residual(3, one, 0.5), Residual(one, two, 0.5), Residual(two, four, 0.5), Residual(four, eight, 0.5)
        ),
        nn.Sequential(
            Residual(eight, eight, 1),
            Residual(eight, four, 2),
            Residual(four, two, 2),
            Residual(two, one, 2),
            Residual(one, one, 2),
            nn.Conv2d(one, 3, 3, 1, 1),
            nn.Sigmoid(),
        ),
    )


KIND = Kind(
    name="residual-ae",
    summary="symmetric autoencoder of residual blocks; the reconstruction error is the score",
    source="residual blocks of He et al., 2016, as an autoencoder",
    cost="trained by gradient, 50 epochs; 0.8 million weights at a width of 16",
    options=ResidualOptions,
    backbone=None,
    network=_network,
    fit=fit,
    restore=restore,
    lesson=lambda setup, options: to_reconstruct(options.loss),
)
