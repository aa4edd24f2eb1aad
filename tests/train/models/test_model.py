from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from train.models.model import BATCH, outputs_of

PICTURES = np.random.default_rng(0).integers(0, 256, (BATCH + 1, 8, 8, 3), dtype=np.uint8)


def told() -> str:
    """How cuDNN is told to compute convolutions of float32."""
    return str(torch.backends.cudnn.conv.fp32_precision)


class Asking(nn.Module):
    """Keeps how its convolutions were computed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def forward(self, pictures: Tensor) -> tuple[Tensor]:
        self.seen.append(told())
        return (pictures.float().mean((1, 2)),)


def test_a_scorer_gets_what_convolutions_of_float32_give_and_a_training_is_left_as_it_was() -> None:
    network = Asking()
    between = [told() for _ in outputs_of(network, PICTURES, (8, 8))]
    assert network.seen == ["ieee", "ieee"]
    assert between == ["tf32", "tf32"], "the default of torch, which a training may use"


def test_a_network_that_fails_leaves_convolutions_as_they_were() -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(told())

    network = Asking()
    network.register_forward_hook(fail)
    with pytest.raises(RuntimeError, match="ieee"):
        next(outputs_of(network, PICTURES, (8, 8)))
    assert told() == "tf32"
