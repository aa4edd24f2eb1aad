"""Where a training is done and what it leaves there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from train.training.watched import Pictures

Separation = Callable[[nn.Module], float | None]


@dataclass(frozen=True)
class Labelled:
    """Labelled test pictures, for the log of a training alone.

    Attributes:
        pictures: uint8 [N, H, W, 3] BGR at the model's size.
        labels: [N], 0 good and 1 anomalous.
    """

    pictures: Pictures
    labels: NDArray[np.int_]


@dataclass(frozen=True)
class Work:
    """How one training is carried out; nothing of it is part of the model.

    Attributes:
        device: torch device.
        folder: receives ``training.csv``, ``training.svg`` and, until it is done, ``training.safetensors``, from
            which it can go on; None writes nothing.
        resume: go on with the training that was left in the folder.
        tested: pictures whose separation by the network in training is written into the log; it decides nothing.
    """

    device: str = "cpu"
    folder: Path | None = None
    resume: bool = False
    tested: Labelled | None = None
