"""What waits between the inspector and the publishing thread."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge.messaging.alarm import Alarm
from edge.messaging.messages import Box, Result
from edge.verdict import Inspection, Verdict

HeatmapsOf = Literal["anomalous", "all", "none"]
_MOST_WAITING = 4


@dataclass(frozen=True, slots=True)
class Shot:
    """The pictures of one inspection, copied: the camera may reuse its memory.

    Attributes:
        scores: float32 [h, w], the raw anomaly map.
        threshold: of the map, see ``map_threshold``.
        frame_box: where the map lies in the frame.
        pixels: uint8 [H, W, 3] BGR; None where the picture is not sent.
    """

    scores: NDArray[np.float32]
    threshold: float
    frame_box: Box
    pixels: NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is left to do for a result that was sent: its alarm goes to disk, its pictures become a heatmap."""

    result: Result
    alarm: Alarm | None
    shot: Shot | None


class Shots:
    """Takes the pictures that heatmaps need, and leaves a heatmap out while too many others wait.

    Args:
        of: which inspections get a heatmap.
        picture: whether it brings the camera's frame.

    Attributes:
        left_out: heatmaps that were not sent as too many waited.
    """

    def __init__(self, of: HeatmapsOf, *, picture: bool) -> None:
        self._of = of
        self._picture = picture
        self._free = threading.BoundedSemaphore(_MOST_WAITING)
        self._counting = threading.Lock()
        self.left_out = 0

    def take(self, inspection: Inspection, verdict: Verdict) -> Shot | None:
        """Copies what the heatmap of an inspection needs; None where there is to be none.

        Args:
            inspection: with its raw map, float32 [h, w].
            verdict: as it was published.
        """
        wanted = self._of == "all" or (self._of == "anomalous" and verdict is Verdict.ANOMALOUS)
        scores = inspection.anomaly_map
        if not wanted or scores is None:
            return None
        if not self._free.acquire(blocking=False):
            with self._counting:
                self.left_out += 1
            return None
        pixels = inspection.frame.pixels.copy() if self._picture else None
        return Shot(scores.astype(np.float32), map_threshold(inspection), frame_box(inspection), pixels)

    def done(self) -> None:
        """Makes room for another one: a shot was sent, or will not be."""
        self._free.release()


def frame_box(inspection: Inspection) -> Box:
    """Where the map lies in the frame."""
    box = inspection.box
    if box is None:
        height, width = inspection.frame.pixels.shape[:2]
        return Box(x=0, y=0, width=width, height=height)
    return Box(x=box.x, y=box.y, width=box.width, height=box.height)


def map_threshold(inspection: Inspection) -> float:
    """The raw score that a map is held against, in the map's own unit.

    The pixel threshold; the picture's, which may be of another unit, only where there is no other, as with some
    models from elsewhere; 0 where that is not finite.
    """
    own = inspection.pixel_threshold
    threshold = inspection.threshold if own is None else own
    return threshold if math.isfinite(threshold) else 0.0
