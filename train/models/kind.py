"""A kind of model: what ``--model`` names. Every model is a network and a scorer.

The network turns a camera's bytes into tensors; it is what INT8 quantizes. The scorer is fitted in closed form on
what the network gives, and stays in float. Feature models keep a published network; others train theirs first, and
that is the only difference: fitting, checkpoints, export and evaluation know nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from edge.progress import Advance
from edge.scorers.scorer import Scorer
from train.models.setup import Setup
from train.training.lesson import Lesson

Array = NDArray[np.float32]
Batches = Iterable[Sequence[Array]]
Size = tuple[int, int]


@dataclass(frozen=True)
class Kind:
    """A kind of model.

    Attributes:
        name: as ``--model`` takes it.
        summary: one line for ``edge-ad models``.
        source: paper or origin.
        cost: one line on what training and inference cost.
        options: pydantic model of its options; of a trained network a ``train.training.options.LearningOptions``.
        backbone: feature network by default, as ``--backbone`` takes it; None for a model that has none.
        network: (setup, options, pretrained) to a module that maps uint8 BGR [N, H, W, 3] to a tuple of float
            tensors [N, ...], named by its attribute ``outputs``. Without ``pretrained`` a checkpoint fills it.
        fit: (batches of those tensors, (height, width), options, seed, advance) to a scorer. Batches are computed
            only when they are asked for. ``advance`` counts the steps of what comes after the last picture,
            where that is slow.
        restore: (arrays, (height, width), options) to the scorer that gave these arrays.
        steps: how many steps ``fit`` will count; 0 for none.
        side: of the picture by default, in pixels.
        copies: jittered copies of each good picture that its fit does best with; docs/calibration.md.
        fitted: whether ``fit`` looks at any batch.
        lesson: (setup, options) to what the network is trained to do; None where its weights stay as they are.
    """

    name: str
    summary: str
    source: str
    cost: str
    options: Any
    backbone: str | None
    network: Callable[[Setup, Any, bool], nn.Module]
    fit: Callable[[Batches, Size, Any, int, Advance], Scorer]
    restore: Callable[[Mapping[str, Array], Size, Any], Scorer]
    steps: Callable[[Any], int] = lambda options: 0
    copies: int = 0
    side: int = 256
    fitted: bool = True
    lesson: Callable[[Setup, Any], Lesson] | None = None
