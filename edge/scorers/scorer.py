"""The seam between a backbone's features and a bundle: what every closed-form scorer can do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple, Protocol

import numpy as np
import openvino as ov
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """One feature map that a scorer asks of a backbone.

    Attributes:
        taps: which of the backbone's named groups of blocks are joined along the channels.
        stride: pixels of the picture per cell of the grid; taps are averaged down or interpolated up to it.
        average: side of the neighbourhood that is averaged first, in cells of each tap; 1 for none.
    """

    taps: str
    stride: int
    average: int = 1


def grid_of(size: tuple[int, int], stride: int) -> tuple[int, int]:
    """Cells of a view's grid for a picture of this size; the last cell may be a part of one."""
    return math.ceil(size[0] / stride), math.ceil(size[1] / stride)


@dataclass(frozen=True)
class Scored:
    """Raw scores [N] and maps [N, H, W], float32; higher is more anomalous. A scorer without maps gives None."""

    scores: Array
    maps: Array | None

    def each(self) -> Iterator[tuple[float, Array | None]]:
        """Score and map [H, W] of each picture."""
        maps = repeat(None) if self.maps is None else self.maps
        return ((float(score), each) for score, each in zip(self.scores, maps, strict=False))


@dataclass(frozen=True)
class Mapped(Scored):
    """What a scorer gives that always has maps."""

    maps: Array


class Head(NamedTuple):
    """The ends of an attached graph: score [1] and map [1, 1, H, W]; a scorer without maps gives None."""

    score: ov.Output
    map: ov.Output | None


class Scorer(Protocol):
    """Scores features that a backbone gave, in numpy and as OpenVINO operations."""

    def score(self, features: Sequence[Array]) -> Scored:
        """Views, each float32 [N, C, h, w], to scores and maps."""
        ...

    def attach(self, features: Sequence[ov.Output]) -> Head:
        """The same as OpenVINO operations on views [1, C, h, w]."""
        ...

    def arrays(self) -> Mapping[str, Array]:
        """Everything fitted, by name, for a checkpoint."""
        ...
