"""What all autoencoders share: the camera's bytes in, picture and reconstruction out, both in [0, 1]."""

from __future__ import annotations

from torch import Tensor, nn

from edge.errors import UsageError
from train.models.setup import Setup


class Autoencoder(nn.Module):
    """uint8 BGR [N, H, W, 3] to picture and reconstruction, float [N, 3, H, W] in [0, 1].

    Args:
        encoder: picture to latent.
        decoder: latent to reconstruction, ending in a sigmoid.
    """

    outputs: tuple[str, ...] = ("picture", "reconstruction")

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        picture = unit(pictures)
        return picture, self.decoder(self.encoder(picture))


def unit(pictures: Tensor) -> Tensor:
    """uint8 [N, H, W, 3] to float [N, 3, H, W] in [0, 1]; the channels keep their order."""
    return pictures.permute(0, 3, 1, 2).float() / 255


def check_size(setup: Setup, multiple: int) -> None:
    """Refuses sizes that do not come back from halving and doubling.

    Raises:
        UsageError: height or width is not a multiple.
    """
    if setup.height % multiple or setup.width % multiple:
        wrong = f"{setup.model} takes sizes that are multiples of {multiple}, not {setup.height}x{setup.width}"
        nearest = "x".join(str(max(1, round(side / multiple)) * multiple) for side in setup.size)
        raise UsageError(wrong, hint=f"give --image-size {nearest}")
