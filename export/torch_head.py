"""Scorers as torch modules, for ONNX: the same arithmetic once more, checked against the OpenVINO graph."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge.errors import UsageError
from edge.scorers.gaussian import TINY
from edge.scorers.heatmap import rise
from edge.scorers.padim import PadimScorer
from edge.scorers.patchcore import PatchcoreScorer
from edge.scorers.scorer import Scorer
from edge.scorers.subspace import SubspaceScorer

Array = NDArray[np.float32]


class WholeModel(nn.Module):
    """uint8 BGR [1, H, W, 3] to ``pred_score`` [1] and ``anomaly_map`` [1, 1, H, W], raw."""

    def __init__(self, network: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.head = head

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        score, anomaly_map = self.head(self.network(pictures))
        return score, anomaly_map


class PadimHead(nn.Module):
    """``edge.scorers.padim.PadimScorer`` on views [1, C, h, w]."""

    def __init__(self, scorer: PadimScorer) -> None:
        super().__init__()
        self.power, self.top, self.grid = scorer.options.power, scorer.top, scorer.coarse.grid
        last = scorer.coarse.grid if scorer.fine is None else scorer.fine.grid
        self.low_rank = isinstance(scorer.coarse, SubspaceScorer)
        _buffers(self, scorer.coarse.arrays(), prefix="coarse_")
        _buffers(self, _risers(last, scorer.size, scorer.options.smoothing_px))
        self.weight = scorer.options.fine_weight
        self.fine_grid = None if scorer.fine is None else scorer.fine.grid
        if scorer.fine is not None:
            _buffers(self, scorer.fine.arrays(), prefix="fine_")
            _buffers(self, _risers(scorer.coarse.grid, scorer.fine.grid, 0), prefix="lift_")

    def forward(self, views: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        distances = self._distances(_rows(_shorten(views[0], self.power)))  # [P]
        score = distances.topk(self.top).values.mean()[None]
        joined = distances.reshape(self.grid)
        if self.fine_grid is not None:
            along = _rows(_shorten(views[1], self.power)) @ self.fine_axes - self.fine_mean
            fine = (along * self.fine_sharpness).square().sum(dim=1).sqrt().reshape(self.fine_grid)
            joined = (self.lift_down @ joined @ self.lift_right) ** (1 - self.weight) * fine**self.weight
        return score, (self.down @ joined @ self.right)[None, None]

    def _distances(self, vectors: Tensor) -> Tensor:
        """Shortened features [P, C] to distances [P]."""
        if self.coarse_projection.numel():
            vectors = vectors @ self.coarse_projection
        centred = (vectors - self.coarse_mean)[:, :, None]  # [P, k, 1]
        if not self.low_rank:
            return (self.coarse_whitening @ centred).square().sum(dim=(1, 2)).sqrt()
        explained = (self.coarse_directions @ centred).square().sum(dim=(1, 2))
        return ((centred.square().sum(dim=(1, 2)) - explained).abs() / self.coarse_floor).sqrt()


class PatchcoreHead(nn.Module):
    """``edge.scorers.patchcore.PatchcoreScorer`` on views [1, C, h, w]."""

    def __init__(self, scorer: PatchcoreScorer) -> None:
        super().__init__()
        self.power, self.top, self.grid = scorer.options.power, scorer.top, scorer.grid
        self.reweight = scorer.options.neighbours > 0
        _buffers(self, {"centre": scorer.centre, "memory": scorer.memory})
        _buffers(self, _risers(scorer.grid, scorer.size, scorer.options.smoothing_px))
        self.register_buffer("around", torch.from_numpy(scorer.around.copy()))

    def forward(self, views: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        vectors = _rows(_shorten(views[0], self.power)) - self.centre  # [P, C]
        squares = vectors.square().sum(dim=1)[:, None] + self.memory.square().sum(dim=1)[None]
        table = (squares - 2 * vectors @ self.memory.T).abs().sqrt()  # [P, M]
        nearest = table.min(dim=1).values
        score = nearest.topk(self.top).values.mean()[None]
        if self.reweight:
            row = table[nearest.argmax()]
            weights = torch.softmax(row[self.around[row.argmin()]], dim=0)
            score = score * (1 - weights[:1])
        return score, (self.down @ nearest.reshape(self.grid) @ self.right)[None, None]


def head_of(scorer: Scorer) -> nn.Module:
    """The scorer as a torch module on its views.

    Raises:
        UsageError: this scorer has no torch form.
    """
    if isinstance(scorer, PadimScorer):
        return PadimHead(scorer).eval()
    if isinstance(scorer, PatchcoreScorer):
        return PatchcoreHead(scorer).eval()
    raise UsageError(f"{type(scorer).__name__} cannot be written as ONNX", hint="leave out --format onnx")


def _buffers(module: nn.Module, arrays: Mapping[str, Array], prefix: str = "") -> None:
    for name, array in arrays.items():
        module.register_buffer(prefix + name, torch.from_numpy(np.ascontiguousarray(array)))


def _risers(grid: tuple[int, int], size: tuple[int, int], sigma_px: float) -> dict[str, Array]:
    return {"down": rise(grid[0], size[0], sigma_px), "right": rise(grid[1], size[1], sigma_px).T}


def _shorten(features: Tensor, power: float) -> Tensor:
    squares = features.square().sum(dim=1, keepdim=True)
    return features * (squares + TINY) ** (-power / 2)


def _rows(features: Tensor) -> Tensor:
    """[1, C, h, w] to [P, C]."""
    return features[0].flatten(1).T
