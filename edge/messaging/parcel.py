"""What waits between the inspector and the publishing thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.frame import Frame
from edge.messaging.messages import Box, Result


@dataclass(frozen=True, slots=True)
class Shot:
    """The pictures of one inspection, copied: the camera may reuse its memory.

    Attributes:
        scores: float32 [h, w], the raw anomaly map.
        frame_box: where the map lies in the frame.
        pixels: uint8 [H, W, 3] BGR; None where the picture is not sent.
    """

    scores: NDArray[np.float32]
    frame_box: Box
    pixels: NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A result on its way, with its pictures where a heatmap is due."""

    result: Result
    shot: Shot | None


def shot_of(frame: Frame, scores: NDArray[np.float32], *, with_picture: bool) -> Shot:
    """Copies what a heatmap needs; the raw map, float32 [h, w], covers the whole frame."""
    height, width = frame.pixels.shape[:2]
    return Shot(
        scores=scores.astype(np.float32),
        frame_box=Box(x=0, y=0, width=width, height=height),
        pixels=frame.pixels.copy() if with_picture else None,
    )
