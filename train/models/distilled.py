"""``distilled``: padim on a small student of the backbone, made for INT8 on small processors.

The student is a handful of plain convolutions, which processors with 8-bit dot products run at full speed. It
learns to give what the backbone gives, on good pictures and on corrupted ones alike: a student of good pictures
alone would be arbitrary where a part is odd, and this one must see there what its teacher sees. Then the Gaussians
of ``padim`` are fitted on the student's features.

Source: Hinton et al., "Distilling the Knowledge in a Neural Network", 2015, for features; the scorer of ``padim``.
Input: uint8 BGR [N, H, W, 3], sides multiples of 16. Output: padim's views, float [N, C, h, w].
Score and map: those of ``padim``, higher is more anomalous.
"""

from __future__ import annotations

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from edge.errors import UsageError
from edge.progress import Advance
from edge.scorers.padim import PadimOptions, PadimScorer
from train.backbones.extractor import Extractor
from train.backbones.registry import DEFAULT
from train.models.features import extractor
from train.models.kind import Batches, Kind, Size
from train.models.setup import Setup
from train.networks.autoencoder import check_size, unit
from train.networks.corruption import Corruption
from train.training.lesson import Lesson
from train.training.options import LearningOptions

STRIDES = (16, 8)  # of padim's views, coarse and fine, as the student has them


class DistilledOptions(LearningOptions, PadimOptions):
    """Options of ``distilled``: those of ``padim`` and of a training."""

    epochs: int = Field(200, ge=1, le=100_000, description="passes over the good pictures at most")
    width: int = Field(32, ge=8, le=256, description="channels at stride 4; doubled at 8 and again at 16")
    corrupted: float = Field(
        0.5, ge=0, le=1, description="share of the pictures that are corrupted before both look"
    )


class Student(nn.Module):
    """uint8 BGR [N, H, W, 3] to a coarse view at stride 16 and a fine one at 8.

    Args:
        width: channels at stride 4.
        coarse: channels of the coarse view.
        fine: channels of the fine view; 0 for no such view.
    """

    def __init__(self, width: int, coarse: int, fine: int) -> None:
        super().__init__()
        self.outputs = ("coarse", "fine") if fine else ("coarse",)
        self.near = nn.Sequential(_block(3, width, 4, 4), _block(width, 2 * width, 3, 2))
        self.far = nn.Sequential(
            _block(2 * width, 4 * width, 3, 2),
            _block(4 * width, 4 * width, 3, 1),
            _block(4 * width, 4 * width, 3, 1),
        )
        self.coarse = nn.Conv2d(4 * width, coarse, 1)
        self.fine = nn.Conv2d(2 * width, fine, 1) if fine else None

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        near = self.near(unit(pictures) - 0.5)
        coarse = self.coarse(self.far(near))
        return (coarse,) if self.fine is None else (coarse, self.fine(near))


def _block(channels_in: int, channels_out: int, kernel: int, stride: int) -> nn.Sequential:
    padding = 0 if kernel == stride else kernel // 2
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


def _network(setup: Setup, options: DistilledOptions, pretrained: bool) -> Student:
    check_size(setup, STRIDES[0])
    views = options.views()
    if tuple(view.stride for view in views) != STRIDES[: len(views)]:
        raise UsageError(
            f"{setup.model} has views at the strides 16 and 8 only", hint="leave out stride and fine_stride"
        )
    # What the student must give is known by asking for it; the weights of its teacher do not matter for that.
    with torch.inference_mode():
        shapes = [view.shape for view in extractor(setup, options, False).eval()(torch.zeros(1, *setup.size, 3))]
    return Student(options.width, shapes[0][1], shapes[1][1] if len(shapes) > 1 else 0)


def to_follow(teacher: Extractor, share: float) -> Lesson:
    """The lesson: squared distance to the teacher's features, relative to their own squares, sum over the views.

    Args:
        teacher: stays as it is.
        share: of the pictures that are corrupted before both see them.
    """
    corruption = Corruption()
    teacher.requires_grad_(False).eval()

    def lesson(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
        shown = pictures.cpu().numpy().copy()
        for number in np.flatnonzero(rng.random(len(shown)) < share):
            shown[number] = corruption.corrupt(shown[number], rng)[0]
        seen = torch.from_numpy(shown).to(pictures.device)
        with torch.no_grad():
            taught = teacher.to(pictures.device)(seen)
        pairs = zip(taught, network(seen), strict=True)
        errors = [(given - view.float()).square().mean() / given.square().mean() for given, view in pairs]
        return torch.stack(errors).sum()

    return lesson


def _fit(batches: Batches, size: Size, options: DistilledOptions, seed: int, advance: Advance) -> PadimScorer:
    return PadimScorer.fit(batches, size, options)


KIND = Kind(
    name="distilled",
    summary="padim on a small student of the backbone, for INT8 on small processors",
    source="Hinton et al., 'Distilling the Knowledge in a Neural Network', 2015; the scorer of padim",
    cost="trained by gradient, 200 epochs; a fraction of padim's arithmetic to judge",
    options=DistilledOptions,
    backbone=DEFAULT,
    network=_network,
    fit=_fit,
    steps=lambda options: 0,
    restore=PadimScorer.from_arrays,
    lesson=lambda setup, options: to_follow(extractor(setup, options, True), options.corrupted),
)
