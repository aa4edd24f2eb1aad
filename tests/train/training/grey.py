"""A network that is trained in a moment."""

from __future__ import annotations

import os
import signal

import numpy as np
import torch
from torch import Tensor, nn

from train.training.loop import Course, Learnt, learn
from train.training.options import LearningOptions
from train.training.work import Work

GREY = {"--model": "grey"}
PICTURES = np.random.default_rng(0).integers(0, 256, (24, 8, 8, 3), dtype=np.uint8)


class Grey(nn.Module):
    """Guesses a pixel from its neighbours; has what a training must keep: dropout, running means."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3, 1, 1), nn.BatchNorm2d(4), nn.Dropout(0.2), nn.Conv2d(4, 3, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        guessed: Tensor = self.body(pictures.permute(0, 3, 1, 2).float() / 255)
        return guessed


def lesson(network: nn.Module, pictures: Tensor, rng: np.random.Generator) -> Tensor:
    noise = torch.from_numpy(rng.normal(0, 5, pictures.shape)).float()
    target = pictures.permute(0, 3, 1, 2).float() / 255
    return (network(pictures + noise) - target).square().mean()


def options(**changes: object) -> LearningOptions:
    return LearningOptions.model_validate({"epochs": 6, "batch": 8, "learning_rate": 0.02} | changes)


def learnt(network: nn.Module, work: Work | None = None, task: str = "grey", **changes: object) -> Learnt:
    return learn(Course(network, lesson, PICTURES, options(**changes), 3, {"--model": task}), work or Work())


def same(left: nn.Module, right: nn.Module) -> bool:
    pairs = zip(left.state_dict().values(), right.state_dict().values(), strict=True)
    return all(torch.equal(one, other) for one, other in pairs)


class Interrupting(Grey):
    """Presses Ctrl-C at one of its steps."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.left = step

    def forward(self, pictures: Tensor) -> Tensor:
        if self.training:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGINT)
        return super().forward(pictures)
