"""A scorer of a window of the picture, where the part is; its map is given as one of the whole picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

from edge.scorers.scorer import Head, Scored, Scorer

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """A box in a picture, in pixels.

    Attributes:
        top: rows above it.
        left: columns left of it.
        size: (height, width) of it.
        picture: (height, width) of the picture.
    """

    top: int
    left: int
    size: tuple[int, int]
    picture: tuple[int, int]

    @property
    def whole(self) -> bool:
        """Whether it is the whole picture."""
        return self.size == self.picture

    @property
    def rows(self) -> slice:
        return slice(self.top, self.top + self.size[0])

    @property
    def columns(self) -> slice:
        return slice(self.left, self.left + self.size[1])

    @property
    def before(self) -> tuple[int, int]:
        """Rows above and columns left of it."""
        return self.top, self.left

    @property
    def after(self) -> tuple[int, int]:
        """Rows below and columns right of it."""
        return self.picture[0] - self.rows.stop, self.picture[1] - self.columns.stop


@dataclass(frozen=True)
class WindowedScorer:
    """Scores are those of the window. Maps are 0 outside of it, below every distance: nothing is looked for there.

    Attributes:
        inner: fitted on features of the window.
        window: that the features are of.
    """

    inner: Scorer
    window: Window

    def score(self, features: Sequence[Array]) -> Scored:
        scored = self.inner.score(features)
        if scored.maps is None:
            return scored
        margins = ((0, 0), *zip(self.window.before, self.window.after, strict=True))
        return Scored(scored.scores, np.pad(scored.maps, margins))

    def attach(self, features: Sequence[ov.Output]) -> Head:
        score, anomaly_map = self.inner.attach(features)
        if anomaly_map is None:
            return Head(score, None)
        before, after = (
            ops.constant(np.array([0, 0, *margin], dtype=np.int64))
            for margin in (self.window.before, self.window.after)
        )
        return Head(score, ops.pad(anomaly_map, before, after, "constant", np.float32(0)).output(0))

    def arrays(self) -> Mapping[str, Array]:
        return self.inner.arrays()


def placed(scorer: Scorer, window: Window) -> Scorer:
    """A scorer of the window as one of the whole picture; itself where the window is the whole picture."""
    return scorer if window.whole else WindowedScorer(scorer, window)
