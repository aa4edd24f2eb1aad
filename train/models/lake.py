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
from openvino import opset13 as ops
from pydantic import Field
from torch import Tensor

from edge.progress import Advance
from edge.scorers.scorer import Head, Scored
from train.models import cae
from train.models.kind import Array, Batches, Kind, Size
from train.models.reconstructing import to_reconstruct
from train.models.setup import Setup
from train.networks.autoencoder import Autoencoder, unit
from train.networks.losses import Name
from train.scorers.density import Density, Shape
from train.scorers.error_map import ErrorMap, ErrorMapFit, MappingOptions
from train.scorers.likeness import attach_likeness, likeness


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
    """Density of latent and likeness, each divided by its deviation over the good pictures."""

    density: Density
    deviations: Array
    error: ErrorMap

    def score(self, features: Sequence[Array]) -> Scored:
        picture, reconstruction, _ = features
        return Scored(
            self.density.score(_joined(features) / self.deviations), self.error.draw(picture, reconstruction)
        )

    def attach(self, features: Sequence[ov.Output]) -> Head:
        picture, reconstruction, latent = features
        joined = ops.concat([latent, attach_likeness(picture, reconstruction)], 1)
        score = self.density.attach(ops.divide(joined, ops.constant(self.deviations[None])).output(0))
        return Head(score, self.error.shaped(self.error.attach(picture, reconstruction)))

    def arrays(self) -> Mapping[str, Array]:
        return {**self.density.arrays(), "deviations": self.deviations, **self.error.arrays()}


def _joined(features: Sequence[Array]) -> Array:
    picture, reconstruction, latent = features
    return np.concatenate([latent, likeness(picture, reconstruction)], axis=1)


def _fit(batches: Batches, size: Size, options: LakeOptions, seed: int, advance: Advance) -> LakeScorer:
    errors, found = ErrorMapFit(size, options), []
    for features in batches:
        errors.add(features[0], features[1])
        found.append(_joined(features))
    joined = np.concatenate(found)
    # Without this the two numbers that say most vanish beside 256 of another scale.
    deviations = np.maximum(joined.std(axis=0), 1e-6).astype(np.float32)
    density = Density.fit(joined / deviations, components=options.components, shape=options.density)
    return LakeScorer(density, deviations, errors.error_map())


def _restore(arrays: Mapping[str, Array], size: Size, options: LakeOptions) -> LakeScorer:
    return LakeScorer(Density.from_arrays(arrays), arrays["deviations"], ErrorMap.restore(arrays, size, options))


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
