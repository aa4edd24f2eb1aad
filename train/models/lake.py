"""``lake``: density of an autoencoder's latent joined with how well it reconstructs.

The network is that of ``cae``. Its latent is averaged over the picture and joined with the relative distance and
the cosine between picture and reconstruction; the density of these over the good pictures is the score.

Source: Lv et al., "Layer-constrained variational autoencoding kernel density estimation model for anomaly
detection", 2020, on the latent of a plain autoencoder.
Input: uint8 BGR [N, H, W, 3], sides multiples of 16. Score: -log density, higher is more anomalous. Map: the
reconstruction error as ``cae`` has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import openvino as ov
from pydantic import Field
from torch import Tensor

from edge.progress import Advance
from edge.scorers.heatmap import as_map
from edge.scorers.scorer import Head, Scored
from train.models import cae
from train.models.kind import Array, Batches, Kind, Size
from train.models.reconstructing import to_reconstruct
from train.models.setup import Setup
from train.networks.autoencoder import Autoencoder, unit
from train.networks.losses import Name
from train.scorers.density import Density, Shape
from train.scorers.error_map import ErrorMap, ErrorMapFit, MappingOptions
from train.scorers.place import Scale, place


class LakeOptions(MappingOptions):
    """Options of ``lake``."""

    loss: Name = Field("mse", description="what is made small: mse, ssim, or combined, which is half of each")
    width: int = Field(32, ge=4, le=256, description="channels of the first block; each block doubles them")
    components: int = Field(16, ge=1, le=512, description="principal components of latent and likeness together")
    density: Shape = Field("kde", description="kde: a kernel on each picture; gaussian: one over all")


class LatentAutoencoder(Autoencoder):
    """An autoencoder that gives the latent too, averaged over the picture, float [N, C]."""

    outputs = ("picture", "reconstruction", "latent")

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        picture = unit(pictures)
        latent = self.encoder(picture)
        return picture, self.decoder(latent), latent.mean(dim=(2, 3))


@dataclass(frozen=True)
class LakeScorer:
    """Density of latent and likeness, in deviations over the good pictures."""

    scale: Scale
    density: Density
    error: ErrorMap

    def score(self, features: Sequence[Array]) -> Scored:
        return Scored(self.density.score(self.scale.place(features)), self.error.draw(features[0], features[1]))

    def attach(self, features: Sequence[ov.Output]) -> Head:
        drawn = self.error.attach(features[0], features[1])
        return Head(self.density.attach(self.scale.attach(features)), as_map(drawn))

    def arrays(self) -> Mapping[str, Array]:
        return {**self.scale.arrays(), **self.density.arrays(), **self.error.arrays()}


def _fit(batches: Batches, size: Size, options: LakeOptions, seed: int, advance: Advance) -> LakeScorer:
    errors, found = ErrorMapFit(size, options), []
    for features in batches:
        errors.add(features[0], features[1])
        found.append(place(features))
    places = np.concatenate(found)
    scale = Scale.fit(places)
    density = Density.fit(places / scale.deviations, components=options.components, shape=options.density)
    return LakeScorer(scale, density, errors.error_map())


def _restore(arrays: Mapping[str, Array], size: Size, options: LakeOptions) -> LakeScorer:
    return LakeScorer(
        Scale.from_arrays(arrays), Density.from_arrays(arrays), ErrorMap.restore(arrays, size, options)
    )


def _network(setup: Setup, options: LakeOptions, pretrained: bool) -> LatentAutoencoder:
    plain = cae.network(setup, options.width)
    return LatentAutoencoder(plain.encoder, plain.decoder)


KIND = Kind(
    name="lake",
    summary="density of an autoencoder's latent and of how well it reconstructs",
    source="Lv et al., 'Layer-constrained variational autoencoding kernel density estimation', 2020",
    cost="trained by gradient as cae, then one pass over the pictures",
    options=LakeOptions,
    backbone=None,
    network=_network,
    fit=_fit,
    restore=_restore,
    lesson=lambda setup, options: to_reconstruct(options.loss),
)
