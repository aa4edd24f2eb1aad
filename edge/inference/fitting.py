"""Bringing a picture to the size a graph takes, in the way its model was made for, and its map back.

Our own models take ``edge.pictures.prepare``. Models from elsewhere were trained on pictures that were resized in
another way, and judge worse on pictures that were not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.pictures import RESIZE, Picture, prepare

Resize = Literal["halve-linear", "linear", "fit", "letterbox", "crop"]
Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle in pixels: of the graph's picture, or of the camera's."""

    top: int
    left: int
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class Fitting:
    """One way to bring pictures to a size.

    Attributes:
        size: (height, width) that the graph takes.
        resize: ``halve-linear`` as ``edge.pictures.prepare`` does, ``linear`` in one step; both stretch. ``fit``
            keeps the aspect ratio and fills up on the right and below, ``letterbox`` on both sides. ``crop``
            leaves out what is too wide or too high around the centre.
        pad: grey level, 0 to 255, that ``fit`` and ``letterbox`` fill up with.
    """

    size: tuple[int, int]
    resize: Resize = RESIZE
    pad: int = 0

    def picture(self, pixels: Picture) -> Picture:
        """Brings uint8 [H, W, 3] to uint8 [height, width, 3]."""
        if self.resize == "halve-linear":
            return prepare(pixels, self.size)
        if self.resize == "crop":
            cut = _centre(pixels.shape[:2], self.size)
            pixels = pixels[cut.top : cut.top + cut.height, cut.left : cut.left + cut.width]
        if self.resize in {"linear", "crop"}:
            return _linear(pixels, self.size)
        shown = self._shown(pixels.shape[:2])
        filled = np.full((*self.size, 3), self.pad, np.uint8)
        inside = _linear(pixels, (shown.height, shown.width))
        filled[shown.top : shown.top + shown.height, shown.left : shown.left + shown.width] = inside
        return filled

    def whole(self, anomaly_map: Map, shape: tuple[int, int]) -> Map:
        """The map [height, width] as it lies over the whole picture that was given.

        What filled the picture up is cut off; what was left out of it is as low as the lowest value.

        Args:
            anomaly_map: float32 [height, width] as the graph gave it.
            shape: (H, W) of the picture that ``picture`` was given.
        """
        if self.resize in {"halve-linear", "linear"}:
            return anomaly_map
        height, width = self.size
        if self.resize == "crop":
            cut = _centre(shape, self.size)
            inside = (max(1, round(height * cut.height / shape[0])), max(1, round(width * cut.width / shape[1])))
            top, left = round(height * cut.top / shape[0]), round(width * cut.left / shape[1])
            over = np.full(self.size, anomaly_map.min(), np.float32)
            over[top : top + inside[0], left : left + inside[1]] = cv2.resize(anomaly_map, inside[::-1])
            return over
        shown = self._shown(shape)
        inside_map = anomaly_map[shown.top : shown.top + shown.height, shown.left : shown.left + shown.width]
        return np.asarray(cv2.resize(inside_map, (width, height)), dtype=np.float32)

    def _shown(self, shape: tuple[int, ...]) -> Area:
        """Where the camera's picture lies in the graph's, for ``fit`` and ``letterbox``."""
        scale = min(self.size[0] / shape[0], self.size[1] / shape[1])
        height, width = (max(1, int(side * scale + 1e-6)) for side in shape[:2])
        if self.resize == "fit":
            return Area(0, 0, height, width)
        return Area((self.size[0] - height) // 2, (self.size[1] - width) // 2, height, width)


def _centre(shape: tuple[int, ...], size: tuple[int, int]) -> Area:
    """The largest area of a picture, around its centre, with the aspect ratio of ``size``."""
    height = min(shape[0], max(1, shape[1] * size[0] // size[1]))
    width = min(shape[1], max(1, shape[0] * size[1] // size[0]))
    return Area((shape[0] - height) // 2, (shape[1] - width) // 2, height, width)


def _linear(pixels: Picture, size: tuple[int, int]) -> Picture:
    resized = cv2.resize(pixels, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(resized, dtype=np.uint8)
