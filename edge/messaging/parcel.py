"""What waits between the inspector and the publishing thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.messaging.alarm import Alarm
from edge.messaging.messages import Box, Result
from edge.verdict import Inspection


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
    """What is left to do for a result that was sent: its alarm goes to disk, its pictures become a heatmap."""

    result: Result
    alarm: Alarm | None
    shot: Shot | None


def shot_of(inspection: Inspection, scores: NDArray[np.float32], *, with_picture: bool) -> Shot:
    """Copies what a heatmap needs; ``scores`` is the raw map, float32 [h, w]."""
    pixels, box = inspection.frame.pixels, inspection.box
    if box is None:
        height, width = pixels.shape[:2]
        frame_box = Box(x=0, y=0, width=width, height=height)
    else:
        frame_box = Box(x=box.x, y=box.y, width=box.width, height=box.height)
    return Shot(scores.astype(np.float32), frame_box, pixels.copy() if with_picture else None)
