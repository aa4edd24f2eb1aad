"""``stfpm``: student-teacher feature pyramid matching.

A student of the teacher's own form, with random weights, learns to give the features of a published network on
good parts, at strides 4, 8 and 16. Where it fails, the part is unlike what it learnt.

Source: Wang et al., "Student-Teacher Feature Pyramid Matching for Anomaly Detection", 2021.
Input: uint8 BGR [N, H, W, 3]. Output: the teacher's three levels, then the student's, float [N, C, h, w].
Score: mean of the map's largest hundred-thousandth, of one pixel at least, higher is more anomalous; up to
387 x 387 pixels this is the maximum, as published. Map: product over the levels of half the squared distance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from edge.progress import Advance
from edge.scorers.scorer import View
from train.backbones.extractor import Extractor
from train.backbones.registry import DEFAULT
from train.models.features import extractor
from train.models.kind import Array, Batches, Kind, Size
from train.models.setup import Setup
from train.scorers.pyramid import PyramidScorer
from train.training.options import LearningOptions


class StfpmOptions(LearningOptions):
    """Options of ``stfpm``."""

    epochs: int = Field(100, ge=1, le=100_000, description="passes over the good pictures at most")
    batch: int = Field(32, ge=1, le=4096, description="pictures per step")
    learning_rate: float = Field(0.4, gt=0, le=10, description="at the start")
    optimizer: Literal["adam", "sgd"] = Field("sgd", description="sgd has momentum 0.9")
    schedule: Literal["cosine", "constant"] = Field("constant", description="of the learning rate")
    weight_decay: float = Field(1e-4, ge=0, le=1, description="pulls weights to 0")
    smoothing_px: float = Field(4.0, ge=0, le=64, description="Gaussian filter of each level, pixels of the input")
    top_share: float = Field(
        1e-5,
        gt=0,
        le=1,
        description="share of the map's largest values averaged to the score; the least is one pixel",
    )

    def views(self) -> tuple[View, ...]:
        """The levels of the pyramid."""
        return tuple(View(f"stride{stride}", stride) for stride in (4, 8, 16))


class Pair(nn.Module):
    """A teacher that stays as it is, and a student of the same form."""

    def __init__(self, teacher: Extractor, student: Extractor) -> None:
        super().__init__()
        self.teacher = teacher.requires_grad_(False)
        self.student = student
        self.outputs = tuple(f"{who}_{level}" for who in ("teacher", "student") for level in teacher.outputs)

    def train(self, mode: bool = True) -> Pair:
        super().train(mode)
        self.teacher.eval()  # its batch normalization must not learn
        return self

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        with torch.no_grad():
            taught = self.teacher(pictures)
        return (*taught, *self.student(pictures))


def matching(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """The lesson: half the squared distance of features of unit length, mean over positions, sum over levels."""
    outputs = [functional.normalize(level.float(), dim=1) for level in network(pictures)]
    levels = len(outputs) // 2
    pairs = zip(outputs[:levels], outputs[levels:], strict=True)
    return sum(((teacher - student).square().sum(dim=1).mean() / 2 for teacher, student in pairs), torch.zeros(()))


def _network(setup: Setup, options: StfpmOptions, pretrained: bool) -> Pair:
    return Pair(extractor(setup, options, pretrained), extractor(setup, options, False))


def _fit(batches: Batches, size: Size, options: StfpmOptions, seed: int, advance: Advance) -> PyramidScorer:
    return PyramidScorer(size, options.smoothing_px, options.top_share)


def _restore(arrays: Mapping[str, Array], size: Size, options: StfpmOptions) -> PyramidScorer:
    return PyramidScorer(size, options.smoothing_px, options.top_share)


KIND = Kind(
    name="stfpm",
    summary="a student learns a published network's features of good parts; it fails where a part is odd",
    source="Wang et al., 'Student-Teacher Feature Pyramid Matching', 2021",
    cost="trained by gradient, 100 epochs; two networks to judge with",
    options=StfpmOptions,
    backbone=DEFAULT,
    network=_network,
    fit=_fit,
    restore=_restore,
    fitted=False,
    lesson=lambda setup, options: matching,
)
