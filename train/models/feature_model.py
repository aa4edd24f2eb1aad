"""A backbone with a scorer: fitting, predicting, and what a checkpoint keeps of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from edge.errors import CheckpointError
from edge.pictures import Picture, prepare
from edge.progress import Advance, silent
from edge.scorers.scorer import Scored, Scorer
from train.backbones.extractor import Extractor
from train.backbones.registry import find_backbone
from train.models.registry import find_kind, options_of
from train.models.setup import Setup

Array = NDArray[np.float32]
BATCH = 8


@dataclass
class FeatureModel:
    """A model made of a fixed extractor and a fitted scorer.

    Attributes:
        setup: what it is.
        extractor: uint8 BGR [N, H, W, 3] to views.
        scorer: views to scores and maps; fitted on good pictures.
    """

    setup: Setup
    extractor: Extractor
    scorer: Scorer

    @classmethod
    def fit(
        cls,
        setup: Setup,
        pictures: Iterable[Picture],
        *,
        device: str = "cpu",
        seen: Advance = silent,
        advance: Advance = silent,
    ) -> FeatureModel:
        """Fits the scorer on good pictures.

        Args:
            setup: kind, size, backbone and options.
            pictures: uint8 BGR of any size.
            device: torch device.
            seen: called with the number of pictures just read.
            advance: called with the steps of fitting just done; see ``FeatureKind.steps``.
        """
        kind = find_kind(setup.model)
        options = options_of(kind, setup.options)
        extractor = extractor_of(setup)
        batches = extract(extractor, pictures, setup.size, device=device, seen=seen)
        return cls(setup, extractor, kind.fit(batches, setup.size, options, setup.seed, advance))

    def predict(
        self, pictures: Iterable[Picture], *, device: str = "cpu", seen: Advance = silent
    ) -> Iterator[Scored]:
        """Scores pictures with the float network, batch by batch, in order."""
        for views in extract(self.extractor, pictures, self.setup.size, device=device, seen=seen):
            yield self.scorer.score(views)

    def tensors(self) -> dict[str, Tensor]:
        """Everything a checkpoint keeps: the network's weights and what was fitted."""
        weights = {f"extractor.{name}": value for name, value in self.extractor.state_dict().items()}
        fitted = {f"scorer.{name}": torch.from_numpy(value.copy()) for name, value in self.scorer.arrays().items()}
        return weights | fitted

    @classmethod
    def restore(cls, setup: Setup, tensors: Mapping[str, Tensor]) -> FeatureModel:
        """The model that gave these tensors.

        Raises:
            CheckpointError: a tensor is missing, or no picture can be scored with its shape.
        """
        kind = find_kind(setup.model)
        options = options_of(kind, setup.options)
        extractor = Extractor(
            find_backbone(setup.backbone),
            options.views(),  # type: ignore[attr-defined]
            setup.size,
            pretrained=False,
        ).eval()
        try:
            extractor.load_state_dict(_under("extractor.", tensors))
            arrays = {name: value.numpy() for name, value in _under("scorer.", tensors).items()}
            model = cls(setup, extractor, kind.restore(arrays, setup.size, options))
            # Scorers take arrays as they are: those of another shape show when one picture is scored.
            next(model.predict([np.zeros((*setup.size, 3), dtype=np.uint8)]))
        except (RuntimeError, KeyError, ValueError, IndexError) as error:
            detail = " ".join(str(error).split())[:200]
            raise CheckpointError(
                f"the checkpoint does not fit {setup.model} on {setup.backbone}: {detail}",
                hint="it was written by another version; train again",
            ) from error
        return model


def extractor_of(setup: Setup) -> Extractor:
    """The extractor with its trained weights."""
    options = options_of(find_kind(setup.model), setup.options)
    return Extractor(find_backbone(setup.backbone), options.views(), setup.size).eval()  # type: ignore[attr-defined]


def extract(
    extractor: Extractor,
    pictures: Iterable[Picture],
    size: tuple[int, int],
    *,
    device: str = "cpu",
    seen: Advance = silent,
) -> Iterator[Sequence[Array]]:
    """Features of pictures, batch by batch: one float32 [N, C, h, w] per view."""
    source = iter(pictures)
    extractor = extractor.to(device)
    with torch.inference_mode():
        while batch := [prepare(pixels, size) for pixels in islice(source, BATCH)]:
            views = extractor(torch.from_numpy(np.stack(batch)).to(device))
            yield [view.float().cpu().numpy() for view in views]
            seen(len(batch))


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
