"""The grid that ``edge-ad evaluate --perturb`` goes through: one change of the camera's picture at a time."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from edge.pictures import Picture
from edge.scorers.changes import blurred, compressed, lit, moved, noisy

SIDE = "% of the longer side"


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of change.

    Attributes:
        name: as tables and metrics.json have it.
        levels: ascending; the level that changes nothing is left out.
        neutral: the level that changes nothing; others are the farther from it the stronger.
        unit: of a level, shown behind it; ``SIDE`` for shares of the picture's longer side.
        apply: (picture, level, random numbers of this picture) to the changed picture.
    """

    name: str
    levels: tuple[float, ...]
    neutral: float
    unit: str
    apply: Callable[[Picture, float, np.random.Generator], Picture]

    def shown(self, level: float, longer_px: int) -> str:
        """A level for people, e.g. "-10 %" or "9 px".

        Args:
            level: one of ``levels``, or the neutral one.
            longer_px: longer side of the camera's pictures.
        """
        if self.unit == SIDE:
            return f"{level:g} % ({level / 100 * longer_px:.3g} px)"
        sign = "+" if self.neutral == 0 and self.levels[0] < 0 else ""
        return f"{level:{sign}g} {self.unit}".strip()


def _shift(pixels: Picture, percent: float, rng: np.random.Generator) -> Picture:
    """In a direction of its own for each picture, so that no direction is left out."""
    angle, by_px = rng.uniform(0, 2 * np.pi), percent / 100 * max(pixels.shape[:2])
    return moved(pixels, right_px=by_px * np.cos(angle), down_px=by_px * np.sin(angle))


def _rotation(pixels: Picture, degrees: float, rng: np.random.Generator) -> Picture:
    """Either way."""
    return moved(pixels, degrees=degrees * rng.choice([-1.0, 1.0]))


CHANGES: Sequence[Change] = (
    Change(
        "lamp",
        (-30.0, -20.0, -15.0, -10.0, -5.0, 5.0, 10.0, 15.0, 20.0, 30.0),
        0.0,
        "%",
        lambda pixels, percent, _: lit(pixels, 1 + percent / 100),
    ),
    Change(
        "blur",
        (0.1, 0.2, 0.4, 0.8),
        0.0,
        SIDE,
        lambda pixels, percent, _: blurred(pixels, percent / 100 * max(pixels.shape[:2])),
    ),
    Change("noise", (2.0, 5.0, 10.0, 20.0), 0.0, "grey levels", noisy),
    Change("shift", (0.25, 0.5, 1.0, 2.0, 3.0, 5.0), 0.0, SIDE, _shift),
    Change("rotation", (0.5, 1.0, 2.0, 3.0, 5.0), 0.0, "degrees", _rotation),
    Change(
        "JPEG quality",
        (10.0, 30.0, 50.0, 70.0, 90.0),
        100.0,
        "",
        lambda pixels, quality, _: compressed(pixels, int(quality)),
    ),
)


@dataclass(frozen=True, slots=True)
class Level:
    """A change at one level."""

    change: Change
    value: float

    def of(self, pixels: Picture) -> Picture:
        """The changed picture, uint8 [H, W, 3]; the same for the same picture."""
        rng = np.random.default_rng(zlib.crc32(pixels.tobytes()))
        return self.change.apply(pixels, self.value, rng)


GRID = tuple(Level(change, value) for change in CHANGES for value in change.levels)
