"""Scorers of autoencoders as torch modules, on picture and reconstruction [1, C, h, w] in [0, 1]."""

from __future__ import annotations

from torch import Tensor, nn

from export.torch_heads.density import DensityHead, MixtureHead, PlaceHead
from export.torch_heads.layers import add_buffers, risers
from train.models.dagmm import DagmmScorer
from train.models.lake import LakeScorer
from train.scorers.error_map import ErrorMap
from train.scorers.reconstruction import ReconstructionScorer


class ErrorMapHead(nn.Module):
    """``train.scorers.error_map.ErrorMap``: to a map [1, H, W].

    Args:
        error: the map.
        grid: (h, w) of picture and reconstruction.
    """

    def __init__(self, error: ErrorMap, grid: tuple[int, int]) -> None:
        super().__init__()
        self.standardized = bool(error.arrays())
        add_buffers(self, risers(grid, error.size, error.smoothing_px))
        add_buffers(self, error.arrays())

    def forward(self, picture: Tensor, reconstruction: Tensor) -> Tensor:
        errors: Tensor = self.down @ (picture - reconstruction).square().mean(dim=1) @ self.right
        return (errors - self.usual).abs() * self.scale if self.standardized else errors


class ReconstructionHead(nn.Module):
    """``train.scorers.reconstruction.ReconstructionScorer``."""

    def __init__(self, scorer: ReconstructionScorer, grid: tuple[int, int]) -> None:
        super().__init__()
        self.error = ErrorMapHead(scorer.error, grid)
        self.top = scorer.top

    def forward(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        errors = self.error(*tensors)
        every = errors.flatten(1)
        chosen = every if self.top == every.shape[1] else every.topk(self.top).values
        return chosen.mean(dim=1), errors[:, None]


class LakeHead(nn.Module):
    """``train.models.lake.LakeScorer``, on the latent [1, d] too."""

    def __init__(self, scorer: LakeScorer, grid: tuple[int, int]) -> None:
        super().__init__()
        self.error = ErrorMapHead(scorer.error, grid)
        self.place = PlaceHead(scorer.scale)
        self.density = DensityHead(scorer.density)

    def forward(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        picture, reconstruction, latent = tensors
        score = self.density(self.place(picture, reconstruction, latent))
        return score, self.error(picture, reconstruction)[:, None]


class DagmmHead(nn.Module):
    """``train.models.dagmm.DagmmScorer``, on latent [1, d] and memberships too."""

    def __init__(self, scorer: DagmmScorer, grid: tuple[int, int]) -> None:
        super().__init__()
        self.error = ErrorMapHead(scorer.error, grid)
        self.place = PlaceHead(scorer.scale)
        self.mixture = MixtureHead(scorer.mixture)

    def forward(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        picture, reconstruction, latent, _ = tensors
        score = self.mixture(self.place(picture, reconstruction, latent))
        return score, self.error(picture, reconstruction)[:, None]
