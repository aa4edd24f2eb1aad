"""The two networks of a deep autoencoding Gaussian mixture: one compresses, one estimates memberships."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional

from train.networks.autoencoder import Autoencoder, unit
from train.networks.blocks import Residual, down, to_picture, up
from train.networks.place import place

FLAT = 64  # side of the picture that the flat network sees
Compression = Callable[[tuple[int, int], int], tuple[nn.Module, nn.Module]]


class MixtureAutoencoder(Autoencoder):
    """uint8 BGR [N, H, W, 3] to picture, reconstruction, latent [N, d] and memberships [N, K].

    Memberships are estimated from the latent joined with the relative distance and the cosine between picture and
    reconstruction, [N, d + 2].

    Args:
        encoder: picture [N, 3, h, w] to latent [N, d].
        decoder: latent to reconstruction [N, 3, h, w].
        latent: d.
        mixtures: K.
        side: the picture is averaged down to this many pixels first; None keeps its size.
    """

    outputs = ("picture", "reconstruction", "latent", "memberships")

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, latent: int, mixtures: int, side: int | None = None
    ) -> None:
        super().__init__(encoder, decoder)
        self.side = side
        self.estimation = nn.Sequential(
            nn.Linear(latent + 2, 10), nn.Tanh(), nn.Dropout(0.5), nn.Linear(10, mixtures), nn.Softmax(dim=1)
        )

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        if self.side is None:
            picture = unit(pictures)
        else:
            picture = functional.adaptive_avg_pool2d(pictures.permute(0, 3, 1, 2).float(), self.side) / 255
        latent = self.encoder(picture)
        reconstruction = self.decoder(latent)
        return picture, reconstruction, latent, self.estimation(place(picture, reconstruction, latent))


def flat(size: tuple[int, int], latent: int) -> tuple[nn.Module, nn.Module]:
    """Fully connected, as published for tables: 64 x 64 x 3 flattened, 512, 128, latent, and back."""
    values = 3 * FLAT * FLAT
    encoder = nn.Sequential(
        nn.Flatten(), nn.Linear(values, 512), nn.Tanh(), nn.Linear(512, 128), nn.Tanh(), nn.Linear(128, latent)
    )
    decoder = nn.Sequential(
        nn.Linear(latent, 128),
        nn.Tanh(),
        nn.Linear(128, 512),
        nn.Tanh(),
        nn.Linear(512, values),
        nn.Unflatten(1, (3, FLAT, FLAT)),
        nn.Sigmoid(),
    )
    return encoder, decoder


def convolutional(size: tuple[int, int], latent: int) -> tuple[nn.Module, nn.Module]:
    """Five blocks that halve the sides, a short latent, and back."""
    return _spatial(
        size,
        latent,
        [down(3, 32), down(32, 64), down(64, 64), down(64, 128), down(128, 128)],
        [up(128, 128), up(128, 64), up(64, 64), up(64, 32), to_picture(32)],
    )


def residual(size: tuple[int, int], latent: int) -> tuple[nn.Module, nn.Module]:
    """As ``convolutional``, of residual blocks."""
    return _spatial(
        size,
        latent,
        [Residual(*pair, 0.5) for pair in ((3, 16), (16, 32), (32, 64), (64, 128), (128, 128))],
        [
            *(Residual(*pair, 2) for pair in ((128, 128), (128, 64), (64, 32), (32, 16))),
            to_picture(16),
        ],
    )


def _spatial(
    size: tuple[int, int], latent: int, forth: list[nn.Module], back: list[nn.Module]
) -> tuple[nn.Module, nn.Module]:
    shape = (128, size[0] // 32, size[1] // 32)
    cells = shape[0] * shape[1] * shape[2]
    encoder = nn.Sequential(*forth, nn.Flatten(), nn.Linear(cells, latent))
    return encoder, nn.Sequential(nn.Linear(latent, cells), nn.Unflatten(1, shape), *back)
