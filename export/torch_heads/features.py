"""Scorers of feature maps as torch modules."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from edge.scorers.padim import PadimScorer
from edge.scorers.patchcore import PatchcoreScorer
from edge.scorers.subspace import SubspaceScorer
from export.torch_heads.density import DensityHead
from export.torch_heads.layers import add_buffers, cells, risers, shorten
from train.models.dfkde import DfkdeScorer
from train.scorers.pyramid import PyramidScorer
from train.scorers.window import Window


class PadimHead(nn.Module):
    """``edge.scorers.padim.PadimScorer`` on views [1, C, h, w]."""

    def __init__(self, scorer: PadimScorer) -> None:
        super().__init__()
        self.power, self.top, self.grid = scorer.options.power, scorer.top, scorer.coarse.grid
        last = scorer.coarse.grid if scorer.fine is None else scorer.fine.grid
        self.low_rank = isinstance(scorer.coarse, SubspaceScorer)
        add_buffers(self, scorer.coarse.arrays(), prefix="coarse_")
        add_buffers(self, risers(last, scorer.size, scorer.options.smoothing_px))
        self.weight = scorer.options.fine_weight
        self.fine_grid = None if scorer.fine is None else scorer.fine.grid
        if scorer.fine is not None:
            add_buffers(self, scorer.fine.arrays(), prefix="fine_")
            add_buffers(self, risers(scorer.coarse.grid, scorer.fine.grid, 0), prefix="lift_")

    def forward(self, views: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        distances = self._distances(cells(shorten(views[0], self.power)))  # [P]
        score = distances.topk(self.top).values.mean()[None]
        joined = distances.reshape(self.grid)
        if self.fine_grid is not None:
            along = cells(shorten(views[1], self.power)) @ self.fine_axes - self.fine_mean
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
        add_buffers(self, {"centre": scorer.centre, "memory": scorer.memory})
        add_buffers(self, risers(scorer.grid, scorer.size, scorer.options.smoothing_px))
        self.register_buffer("around", torch.from_numpy(scorer.around.copy()))

    def forward(self, views: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        vectors = cells(shorten(views[0], self.power)) - self.centre  # [P, C]
        squares = vectors.square().sum(dim=1)[:, None] + self.memory.square().sum(dim=1)[None]
        table = (squares - 2 * vectors @ self.memory.T).abs().sqrt()  # [P, M]
        nearest = table.min(dim=1).values
        score = nearest.topk(self.top).values.mean()[None]
        if self.reweight:
            row = table[nearest.argmax()]
            weights = torch.softmax(row[self.around[row.argmin()]], dim=0)
            score = score * (1 - weights[:1])
        return score, (self.down @ nearest.reshape(self.grid) @ self.right)[None, None]


class WindowedHead(nn.Module):
    """``train.scorers.window.WindowedScorer`` on views [1, C, h, w] of the window."""

    def __init__(self, inner: nn.Module, window: Window) -> None:
        super().__init__()
        self.inner = inner
        (above, left), (below, right) = window.before, window.after
        self.margins = (left, right, above, below)

    def forward(self, views: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        score, anomaly_map = self.inner(views)
        return score, functional.pad(anomaly_map, self.margins)


class DfkdeHead(nn.Module):
    """``train.models.dfkde.DfkdeScorer`` on a view [1, C, h, w]; it has no map."""

    def __init__(self, scorer: DfkdeScorer) -> None:
        super().__init__()
        self.density = DensityHead(scorer.density)

    def forward(self, views: tuple[Tensor, ...]) -> tuple[Tensor]:
        return (self.density(views[0].mean(dim=(2, 3))),)


class PyramidHead(nn.Module):
    """``train.scorers.pyramid.PyramidScorer`` on the teacher's levels, then the student's, [1, C, h, w] each."""

    def __init__(self, scorer: PyramidScorer, levels: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.top, self.levels = scorer.top, len(levels)
        for number, grid in enumerate(levels):
            add_buffers(self, risers(grid, scorer.size, scorer.smoothing_px), prefix=f"level{number}_")

    def forward(self, views: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        drawn = torch.ones(())
        for number in range(self.levels):
            teacher, student = shorten(views[number], 1), shorten(views[self.levels + number], 1)
            apart = (teacher - student).square().sum(dim=1) / 2  # [1, h, w]
            down, right = (self.get_buffer(f"level{number}_{name}") for name in ("down", "right"))
            drawn = drawn * (down @ apart @ right)
        return drawn.flatten(1).topk(self.top).values.mean(dim=1), drawn[:, None]
