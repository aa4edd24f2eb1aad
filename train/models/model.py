"""A network with a scorer: fitting, predicting, and what a checkpoint keeps of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge.errors import CheckpointError, UsageError
from edge.pictures import Picture, prepare
from edge.progress import Advance, silent
from edge.scorers.scorer import Scored, Scorer
from train.evaluation import image_metrics
from train.models.registry import find_kind, options_of
from train.models.setup import Setup
from train.training.loop import Course, Learnt, learn
from train.training.precision import float32_convolutions
from train.training.watched import Pictures
from train.training.work import Work

Array = NDArray[np.float32]
BATCH = 8
_QUIET = Work()


@dataclass
class Model:
    """A network and a scorer that was fitted on what it gives.

    Attributes:
        setup: what it is.
        network: uint8 BGR [N, H, W, 3] to tensors; see ``Kind.network``.
        scorer: those tensors to scores and maps.
        learnt: how the network was trained; None where it was not, or where the model comes from a checkpoint.
    """

    setup: Setup
    network: nn.Module
    scorer: Scorer
    learnt: Learnt | None = None

    @classmethod
    def fit(
        cls,
        setup: Setup,
        pictures: Iterable[Picture],
        *,
        work: Work = _QUIET,
        copies: int = 0,
        seen: Advance = silent,
        advance: Advance = silent,
    ) -> Model:
        """Trains the network where its kind is trained, then fits the scorer on good pictures.

        Args:
            setup: kind, size, backbone and options.
            pictures: uint8 BGR of any size; those of a trained network must fit into memory at the model's size,
                and are taken as they are where they are one array of that size.
            work: device of both, and the place of the training.
            copies: that follow each picture and must be on one side with it where some are watched.
            seen: called with the number of pictures that the network just gave its tensors for.
            advance: called with the steps of fitting just done; see ``Kind.steps``.

        Raises:
            TrainingError: the network cannot be trained.
            UsageError: an option or a backbone that does not exist.
        """
        kind = find_kind(setup.model)
        options = options_of(kind, setup.options)
        network = network_of(setup)
        learnt = None
        if kind.lesson:
            if not isinstance(pictures, np.ndarray):
                pictures = prepared(pictures, setup.size)

            def separation(state: nn.Module) -> float | None:
                batches = outputs_of(state, pictures, setup.size, device=work.device)
                scorer = kind.fit(batches, setup.size, options, setup.seed, silent)
                return _separation(cls(setup, state, scorer), work)

            lesson = kind.lesson(setup, options)
            course = Course(network, lesson, pictures, options, setup.seed, _task(setup), separation, copies)
            learnt = learn(course, work)
        batches = outputs_of(network, pictures, setup.size, device=work.device, seen=seen)
        return cls(setup, network, kind.fit(batches, setup.size, options, setup.seed, advance), learnt)

    def predict(
        self, pictures: Iterable[Picture], *, device: str = "cpu", seen: Advance = silent
    ) -> Iterator[Scored]:
        """Scores pictures of any size with the float network, batch by batch, in order."""
        for views in outputs_of(self.network, pictures, self.setup.size, device=device, seen=seen):
            yield self.scorer.score(views)

    def tensors(self) -> dict[str, Tensor]:
        """Everything a checkpoint keeps, on the CPU: the network's weights and what was fitted."""
        state = self.network.state_dict()
        weights = {f"network.{name}": value.detach().cpu() for name, value in state.items()}
        fitted = {f"scorer.{name}": torch.from_numpy(value.copy()) for name, value in self.scorer.arrays().items()}
        return weights | fitted

    @classmethod
    def restore(cls, setup: Setup, tensors: Mapping[str, Tensor]) -> Model:
        """The model that gave these tensors.

        Raises:
            CheckpointError: there is no such model or option, a tensor is missing, or no picture can be scored
                with its shape.
        """
        try:
            kind = find_kind(setup.model)
            options = options_of(kind, setup.options)
        except UsageError as error:  # its hint is for who typed an option, and nobody did
            raise CheckpointError(
                f"the checkpoint was written by another version: {error.message}", hint="train again"
            ) from error
        network = network_of(setup, pretrained=False)
        try:
            # Older checkpoints call the network "extractor".
            network.load_state_dict(_under("network.", tensors) or _under("extractor.", tensors))
            arrays = {name: value.numpy() for name, value in _under("scorer.", tensors).items()}
            model = cls(setup, network, kind.restore(arrays, setup.size, options))
            # Scorers take arrays as they are: those of another shape show when one picture is scored.
            next(model.predict([np.zeros((*setup.size, 3), dtype=np.uint8)]))
        except (RuntimeError, KeyError, ValueError, IndexError) as error:
            detail = f"no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())[:200]
            what = setup.model if setup.backbone is None else f"{setup.model} on {setup.backbone}"
            raise CheckpointError(
                f"the checkpoint does not fit {what}: {detail}",
                hint="it was written by another version; train again",
            ) from error
        return model


def network_of(setup: Setup, *, pretrained: bool = True) -> nn.Module:
    """The setup's network as it is before any training, in evaluation mode; see ``Kind.network``."""
    kind = find_kind(setup.model)
    torch.manual_seed(setup.seed)
    return kind.network(setup, options_of(kind, setup.options), pretrained).eval()


def prepared(pictures: Iterable[Picture], size: tuple[int, int], seen: Advance = silent) -> Pictures:
    """Pictures at the model's size in one array, uint8 [N, H, W, 3]."""
    kept = []
    for pixels in pictures:
        kept.append(prepare(pixels, size))
        seen(1)
    return np.stack(kept)


def outputs_of(
    network: nn.Module,
    pictures: Iterable[Picture],
    size: tuple[int, int],
    *,
    device: str = "cpu",
    seen: Advance = silent,
) -> Iterator[Sequence[Array]]:
    """What the network gives for pictures, batch by batch: one float32 [N, ...] per output."""
    source = iter(pictures)
    network = network.to(device)
    with torch.inference_mode():
        while batch := [prepare(pixels, size) for pixels in islice(source, BATCH)]:
            with float32_convolutions():
                outputs = network(torch.from_numpy(np.stack(batch)).to(device))
            yield [output.float().cpu().numpy() for output in outputs]
            seen(len(batch))


def _task(setup: Setup) -> dict[str, str]:
    """What is trained besides the options, see ``train.training.task.Task``."""
    size = f"{setup.height}x{setup.width}"
    backbone = setup.backbone or "none"
    return {"--model": setup.model, "--backbone": backbone, "--image-size": size, "--seed": str(setup.seed)}


def _separation(model: Model, work: Work) -> float | None:
    if work.tested is None:
        return None
    scores = np.concatenate([batch.scores for batch in model.predict(work.tested.pictures, device=work.device)])
    return image_metrics.separation_ratio(work.tested.labels, scores)


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
