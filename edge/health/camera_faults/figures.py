"""What is measured on one picture at the model's size, each figure once and only when it is asked for."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np

from edge.health.camera_faults.exposure import Grey
from edge.health.camera_faults.sharpness import Sharpness, sharpness
from edge.health.camera_faults.view import Stamp, stamp
from edge.pictures import Picture


class Figures:
    """Of one picture, for all who ask. Not for several threads at once.

    Args:
        prepared: uint8 [h, w, 3] BGR at the model's size; read when figures are asked for.
        shape: (height, width) of the inspected part of the frame, pixels.
    """

    def __init__(self, prepared: Picture, shape: tuple[int, int]) -> None:
        self.shape = shape
        self._prepared = prepared
        self._stamp: Stamp | None = None

    @cached_property
    def grey(self) -> Grey:
        """uint8 [h, w]."""
        return np.asarray(cv2.cvtColor(self._prepared, cv2.COLOR_BGR2GRAY), np.uint8)

    @cached_property
    def sharpness(self) -> Sharpness:
        return sharpness(self.grey)

    def stamp(self, size: tuple[int, int]) -> Stamp:
        """float32 of the size (rows, columns), see ``view.stamp``; the last one is kept."""
        if self._stamp is None or self._stamp.shape != size:
            self._stamp = stamp(self.grey, size)
        return self._stamp
