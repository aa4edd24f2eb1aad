"""``dagmm-flat``, ``dagmm-conv``, ``dagmm-residual``: deep autoencoding Gaussian mixture.

A compression network gives a latent; joined with the relative distance and the cosine between picture and
reconstruction it is placed in a mixture of Gaussians, whose memberships an estimation network tells. Both learn
together: reconstruction error, energy under the batch's own mixture, and a penalty on thin Gaussians. Then the
mixture is made once from all good pictures (the M-step with the estimated memberships); in it each number counts
in deviations over them, while the loss and the estimation network take the numbers as they come.

Source: Zong et al., "Deep Autoencoding Gaussian Mixture Model for Unsupervised Anomaly Detection", 2018. The flat
network sees 64 x 64 pixels; the others are its convolutional forms.
Input: uint8 BGR [N, H, W, 3]; of the convolutional forms, sides multiples of 32. Score: energy, higher is more
anomalous. Map: the reconstruction error as ``cae`` has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import openvino as ov
import torch
from pydantic import Field
from torch import Tensor, nn

from edge.progress import Advance
from edge.scorers.heatmap import as_map
from edge.scorers.scorer import Head, Scored
from train.models.kind import Array, Batches, Kind, Size
from train.models.setup import Setup
from train.networks.autoencoder import check_size
from train.networks.dagmm import FLAT, Compression, MixtureAutoencoder, convolutional, flat, residual
from train.networks.energies import mixture_energy
from train.networks.place import place as torch_place
from train.scorers.error_map import ErrorMap, ErrorMapFit, MappingOptions
from train.scorers.mixture import Mixture
from train.scorers.place import Scale, place
from train.training.lesson import Lesson


class DagmmOptions(MappingOptions):
    """Options of the three forms of ``dagmm``."""

    learning_rate: float = Field(1e-4, gt=0, le=10, description="at the start")
    batch: int = Field(32, ge=4, le=4096, description="pictures per step; the mixture is made from them")
    latent: int = Field(8, ge=1, le=512, description="numbers that a picture is compressed to")
    mixtures: int = Field(4, ge=1, le=64, description="Gaussians")
    energy_weight: float = Field(0.1, ge=0, le=100, description="of the energy in the loss")
    thin_weight: float = Field(0.005, ge=0, le=100, description="of the inverse variances in the loss")
    floor: float = Field(
        1e-3, gt=0, le=10, description="added to every variance; of the score in squared deviations of good parts"
    )


@dataclass(frozen=True)
class DagmmScorer:
    """Energy of latent and likeness, in deviations over the good pictures."""

    scale: Scale
    mixture: Mixture
    error: ErrorMap

    def score(self, features: Sequence[Array]) -> Scored:
        return Scored(self.mixture.energy(self.scale.place(features)), self.error.draw(features[0], features[1]))

    def attach(self, features: Sequence[ov.Output]) -> Head:
        drawn = self.error.attach(features[0], features[1])
        return Head(self.mixture.attach(self.scale.attach(features)), as_map(drawn))

    def arrays(self) -> Mapping[str, Array]:
        return {**self.scale.arrays(), **self.mixture.arrays(), **self.error.arrays()}


def _lesson(setup: Setup, options: DagmmOptions) -> Lesson:
    def lesson(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
        picture, reconstruction, latent, memberships = network(pictures)
        with torch.autocast(pictures.device.type, enabled=False):  # covariances do not survive 16 bits
            places = torch_place(picture.float(), reconstruction.float(), latent.float())
            energy, thin = mixture_energy(places, memberships.float(), options.floor)
            # As published: the whole distance of a picture. Its mean over the values would weigh nothing beside
            # the energy, and the network would forget how to draw.
            error = (reconstruction.float() - picture).square().flatten(1).sum(dim=1).mean()
        return error + options.energy_weight * energy + options.thin_weight * thin

    return lesson


def _fit(batches: Batches, size: Size, options: DagmmOptions, seed: int, advance: Advance) -> DagmmScorer:
    errors, found = ErrorMapFit(size, options), []
    for features in batches:
        errors.add(features[0], features[1])
        found.append((place(features), features[3]))
    places, memberships = (np.concatenate(column) for column in zip(*found, strict=True))
    scale = Scale.fit(places)
    mixture = Mixture.fit(places / scale.deviations, memberships, floor=options.floor)
    return DagmmScorer(scale, mixture, errors.error_map())


def _restore(arrays: Mapping[str, Array], size: Size, options: DagmmOptions) -> DagmmScorer:
    return DagmmScorer(
        Scale.from_arrays(arrays), Mixture.from_arrays(arrays), ErrorMap.restore(arrays, size, options)
    )


def _kind(name: str, form: str, compression: Compression, side: int | None) -> Kind:
    def network(setup: Setup, options: DagmmOptions, pretrained: bool) -> MixtureAutoencoder:
        if side is None:
            check_size(setup, 32)
        parts = compression(setup.size, options.latent)
        return MixtureAutoencoder(*parts, options.latent, options.mixtures, side)

    return Kind(
        name=name,
        summary=f"deep autoencoding Gaussian mixture, {form}; the energy is the score",
        source="Zong et al., 'Deep Autoencoding Gaussian Mixture Model', 2018",
        cost="trained by gradient, 50 epochs",
        options=DagmmOptions,
        backbone=None,
        network=network,
        fit=_fit,
        restore=_restore,
        lesson=_lesson,
    )


KINDS = (
    _kind("dagmm-flat", f"{FLAT} x {FLAT} pixels flattened", flat, FLAT),
    _kind("dagmm-conv", "convolutional", convolutional, None),
    _kind("dagmm-residual", "of residual blocks", residual, None),
)
