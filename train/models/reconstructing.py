"""What models share that are scored by their reconstruction error: the lesson, and the fit of the error map."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import Tensor, nn

from edge.progress import Advance
from train.models.kind import Array, Batches, Size
from train.networks.losses import LOSSES, Name
from train.scorers.error_map import ErrorMap, ErrorMapFit
from train.scorers.reconstruction import ReconstructionOptions, ReconstructionScorer
from train.training.lesson import Lesson


def to_reconstruct(name: Name) -> Lesson:
    """To give back the picture, by one of the losses."""
    loss = LOSSES[name]

    def lesson(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
        picture, reconstruction, *_ = network(pictures)
        return loss(reconstruction.float(), picture)

    return lesson


def fit(
    batches: Batches, size: Size, options: ReconstructionOptions, seed: int, advance: Advance
) -> ReconstructionScorer:
    """For ``Kind.fit``."""
    errors = ErrorMapFit(size, options)
    for picture, reconstruction, *_ in batches:
        errors.add(picture, reconstruction)
    return ReconstructionScorer(errors.error_map(), options.top_share)


def restore(arrays: Mapping[str, Array], size: Size, options: ReconstructionOptions) -> ReconstructionScorer:
    """For ``Kind.restore``."""
    return ReconstructionScorer(ErrorMap.restore(arrays, size, options), options.top_share)
