"""Network and scorer as one torch module."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from edge.errors import UsageError
from edge.scorers.padim import PadimScorer
from edge.scorers.patchcore import PatchcoreScorer
from edge.scorers.scorer import Scorer
from export.torch_heads.features import DfkdeHead, PadimHead, PatchcoreHead, PyramidHead, WindowedHead
from export.torch_heads.reconstruction import DagmmHead, LakeHead, ReconstructionHead
from train.models.dagmm import DagmmScorer
from train.models.dfkde import DfkdeScorer
from train.models.lake import LakeScorer
from train.scorers.pyramid import PyramidScorer
from train.scorers.reconstruction import ReconstructionScorer
from train.scorers.window import WindowedScorer

Shape = tuple[int, ...]
OUTPUTS = ("pred_score", "anomaly_map")


class WholeModel(nn.Module):
    """uint8 BGR [1, H, W, 3] to ``pred_score`` [1] and, if there are maps, ``anomaly_map`` [1, 1, H, W], raw.

    Args:
        network: see ``train.models.kind.Kind.network``.
        scorer: fitted on what it gives.
        size: (H, W).

    Attributes:
        outputs: names of what it gives.

    Raises:
        UsageError: this scorer has no torch form.
    """

    def __init__(self, network: nn.Module, scorer: Scorer, size: tuple[int, int]) -> None:
        super().__init__()
        self.network = network
        with torch.inference_mode():
            found = network(torch.zeros((1, *size, 3), dtype=torch.uint8))
            self.head = head_of(scorer, [tuple(tensor.shape) for tensor in found])
            self.outputs = OUTPUTS[: len(self.head(found))]

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        found: tuple[Tensor, ...] = self.head(self.network(pictures))
        return found


def head_of(scorer: Scorer, shapes: Sequence[Shape]) -> nn.Module:
    """The scorer as a torch module on what the network gives, of these shapes.

    Raises:
        UsageError: this scorer has no torch form.
    """
    grids = [(shape[2], shape[3]) for shape in shapes if len(shape) == 4]
    match scorer:
        case PadimScorer():
            head: nn.Module = PadimHead(scorer)
        case PatchcoreScorer():
            head = PatchcoreHead(scorer)
        case DfkdeScorer():
            head = DfkdeHead(scorer)
        case PyramidScorer():
            head = PyramidHead(scorer, grids[: len(grids) // 2])
        case ReconstructionScorer():
            head = ReconstructionHead(scorer, grids[0])
        case LakeScorer():
            head = LakeHead(scorer, grids[0])
        case DagmmScorer():
            head = DagmmHead(scorer, grids[0])
        case WindowedScorer():
            head = WindowedHead(head_of(scorer.inner, shapes), scorer.window)
        case _:
            raise UsageError(f"{type(scorer).__name__} cannot be written as ONNX", hint="leave out --format onnx")
    return head.eval()
