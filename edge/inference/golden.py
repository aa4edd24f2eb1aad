"""Golden pictures: what a model gives for them tells whether two devices judge alike.

They are drawn from whole numbers alone, so that every computer and every version of every library sees the same
bytes. They show no part: textures, stripes and blobs, dark to bright, that make a network work over its range.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.inference.engine import Prepared, Raw
from edge.pictures import Picture

VERSION = 1
TOLERANCE = 0.01
LEVELS = (30, 80, 130, 180, 225)
_WORD = 0xFFFFFFFF
Whole = NDArray[np.int64]


class Runs(Protocol):
    """What golden pictures are run on."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pictures it takes."""

    def run(self, prepared: Prepared) -> Raw:
        """Runs one picture."""


def golden_pictures(size: tuple[int, int]) -> list[Picture]:
    """Draws them, uint8 [H, W, 3].

    Args:
        size: (height, width) of the model.
    """
    return [_drawn(size, number, level) for number, level in enumerate(LEVELS)]


def golden_scores(engine: Runs) -> tuple[float, ...]:
    """What an engine gives: the score of each golden picture, then the maximum of each one's map.

    Raises:
        DeviceError: the device failed.
    """
    raws = [engine.run(Prepared(picture, 0.0, engine.size)) for picture in golden_pictures(engine.size)]
    peaks = [float(raw.anomaly_map.max()) for raw in raws if raw.anomaly_map is not None]
    return (*(raw.score for raw in raws), *peaks)


def difference(one: Sequence[float], other: Sequence[float]) -> float:
    """The largest difference between two sets of golden scores, relative to the greater of each two.

    Scores below a thousandth of the highest are compared on that scale: next to nothing, they are rounding.
    Infinite where a score is not finite or one is missing.
    """
    if len(one) != len(other) or not all(math.isfinite(score) for score in (*one, *other)):
        return math.inf
    least = 1e-3 * max((abs(score) for score in (*one, *other)), default=0.0)
    pairs = [(abs(a - b), max(abs(a), abs(b), least)) for a, b in zip(one, other, strict=True)]
    return max((apart / scale for apart, scale in pairs if apart), default=0.0)


def agree(one: Sequence[float], other: Sequence[float]) -> str:
    """Empty where two sets of golden scores differ by at most 1 %; else by how much, e.g. ``differ by 12 %``."""
    apart = difference(one, other)
    if apart <= TOLERANCE:
        return ""
    return "are not all numbers" if math.isinf(apart) else f"differ by {100 * apart:.2g} %"


def _drawn(size: tuple[int, int], number: int, level: int) -> Picture:
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]].astype(np.int64)
    short = min(size)
    stripes = (rows * (number + 1) + columns * (5 - number)) // max(1, short // 2) % 2
    reach = short // (5 + number)
    blob = (rows - size[0] // 3) ** 2 + (columns - size[1] * (number + 1) // 6) ** 2 < reach**2
    channels = []
    for channel in range(3):
        texture = sum(_noise(rows // cell, columns // cell, 7 * number + channel) for cell in (1, 4, 16)) // 3
        shade = level + (texture - 128) * (20 + 10 * number) // 64 + 30 * stripes - 60 * blob * (channel - 1)
        channels.append(np.clip(shade, 0, 255))
    return np.ascontiguousarray(np.stack(channels, axis=2).astype(np.uint8))


def _noise(rows: Whole, columns: Whole, seed: int) -> Whole:
    """0 to 255 for each place: an integer hash."""
    mixed = (columns * 374761393 + rows * 668265263 + seed * 362437) & _WORD
    mixed = ((mixed ^ (mixed >> 13)) * 1274126177) & _WORD
    return (mixed ^ (mixed >> 16)) & 255
