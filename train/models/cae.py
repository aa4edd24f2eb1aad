"""``cae``: a convolutional autoencoder.

Four blocks halve a 256 x 256 x 3 picture to 16 x 16 x 256, four more bring it back. It learns to reproduce good
parts; what it cannot reproduce is anomalous.

Source: Bergmann et al., "Improving Unsupervised Defect Segmentation by Applying Structural Similarity to
Autoencoders", 2019, in the reduced form with batch normalization that is common in practice.
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
from train.networks.blocks import down, to_picture, up
from train.networks.losses import Name
from train.scorers.reconstruction import ReconstructionOptions


class CaeOptions(ReconstructionOptions):
    """Options of ``cae``."""

    loss: Name = Field("mse", description="what is made small: mse, ssim, or combined, which is half of each")
    width: int = Field(32, ge=4, le=256, description="channels of the first block; each block doubles them")


def network(setup: Setup, width: int) -> Autoencoder:
    """The autoencoder with so many channels after its first block.

    Raises:
        UsageError: the setup's size is not a multiple of 16.
    """
    check_size(setup, 16)
    one, two, four, eight = (width * 2**block for block in range(4))
    return Autoencoder(
        nn.Sequential(down(3, one), down(one, two), down(two, four), down(four, eight)),
        nn.Sequential(up(eight, four), up(four, two), up(two, one), to_picture(one)),
    )


KIND = Kind(
    name="cae",
    summary="convolutional autoencoder; the reconstruction error is the score",
    source="Bergmann et al., 'Improving Unsupervised Defect Segmentation by SSIM', 2019, with batch normalization",
    cost="trained by gradient, 50 epochs; 1.4 million weights at a width of 32",
    options=CaeOptions,
    backbone=None,
    network=lambda setup, options, pretrained: network(setup, options.width),
    fit=fit,
    restore=restore,
    lesson=lambda setup, options: to_reconstruct(options.loss),
)
