"""Which pictures are worth training on: pure checks of sharpness, exposure and sameness.

Sharpness is the variance of the Laplacian, in grey levels squared. Its size depends on the part, the lens and
the noise, so no limit fits all stations; but one camera looking at one kind of part gives much the same value
again and again, and motion or a knocked lens lowers it several times over. So a picture is compared with what
this camera reaches: the 90th percentile of the pictures that it looked at last. An absolute limit may be added
where one was found by trying.

Exposure is the share of pixels at the black or at the white end. A black cloth or a lit panel behind the part
is at an end on purpose, so the default limits refuse only pictures that show nearly nothing else.

A picture is the same as the last one kept if no part of it has changed: both are cut into 32 x 32 blocks, whose
means hide the sensor's noise, and the one block in a hundred that changed most is looked at. A change that all
blocks share is the lamp's and does not count.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.collecting.refusal import Refusal
from edge.pictures import Picture

BLACK_UP_TO = 5
WHITE_FROM = 250
REFERENCE_PERCENTILE = 90
REFERENCE_PICTURES = 100
REFERENCE_FROM = 10
BLOCKS = (32, 32)
CHANGE_PERCENTILE = 99


@dataclass(frozen=True, slots=True)
class Limits:
    """What a picture must reach to be kept.

    Attributes:
        min_sharpness: variance of the Laplacian, grey levels squared; 0 switches the absolute limit off.
        min_relative_sharpness: share of the sharpness that this camera reaches; 0 switches it off.
        max_black: largest share of pixels with grey level 5 or less, 0 to 1.
        max_white: largest share of pixels with grey level 250 or more, 0 to 1.
        min_change: difference of block means from the last picture kept, grey levels, that one block in a
            hundred must reach; 0 keeps duplicates.
    """

    min_sharpness: float = 0.0
    min_relative_sharpness: float = 0.4
    max_black: float = 0.8
    max_white: float = 0.8
    min_change: float = 2.0


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured on one picture: sharpness in grey levels squared, shares from 0 to 1."""

    sharpness: float
    black: float
    white: float


def measure(pixels: Picture) -> Quality:
    """Measures a picture, uint8 [H, W, 3] BGR."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    laplacian = cv2.Laplacian(grey, cv2.CV_16S)
    _, deviation = cv2.meanStdDev(laplacian)
    return Quality(
        sharpness=float(deviation[0, 0]) ** 2,
        black=float(np.count_nonzero(grey <= BLACK_UP_TO)) / grey.size,
        white=float(np.count_nonzero(grey >= WHITE_FROM)) / grey.size,
    )


def block_means(pixels: Picture) -> NDArray[np.float32]:
    """Means of a picture's blocks in grey, float32 [32, 32], 0 to 255."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.asarray(cv2.resize(grey, BLOCKS, interpolation=cv2.INTER_AREA), dtype=np.float32)


def change(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """How much the most changed blocks differ beyond what all share, grey levels; both float32 [32, 32]."""
    difference = after - before
    return float(np.percentile(np.abs(difference - np.median(difference)), CHANGE_PERCENTILE))


class Sieve:
    """Looks at the pictures of one camera in their order and keeps the good ones."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sharpness_seen: deque[float] = deque(maxlen=REFERENCE_PICTURES)
        self._last_kept: NDArray[np.float32] | None = None

    def learn(self, pixels: Picture) -> None:
        """Takes a picture (uint8 [H, W, 3] BGR) as an example of this camera's sharpness, without keeping it."""
        self.learn_quality(measure(pixels))

    def learn_quality(self, quality: Quality) -> None:
        """The same from what was measured on it."""
        self._sharpness_seen.append(quality.sharpness)

    def refuses(self, pixels: Picture) -> Refusal | None:
        """Says why a picture (uint8 [H, W, 3] BGR) is not to be kept; None: keep it."""
        refusal = self.refuses_quality(measure(pixels))
        if refusal is not None:
            return refusal
        blocks = block_means(pixels)
        if self._last_kept is not None and change(self._last_kept, blocks) < self._limits.min_change:
            return Refusal.SAME
        self._last_kept = blocks
        return None

    def refuses_quality(self, quality: Quality) -> Refusal | None:
        """The part of ``refuses`` that needs no other picture than those before: exposure and sharpness."""
        refusal = self.exposure(quality) or self._sharpness(quality)
        if refusal is not Refusal.DARK and refusal is not Refusal.OVEREXPOSED:
            self._sharpness_seen.append(quality.sharpness)
        return refusal

    @property
    def knows_sharpness(self) -> bool:
        """Whether enough pictures were seen to say what this camera reaches."""
        return len(self._sharpness_seen) >= REFERENCE_FROM

    def exposure(self, quality: Quality) -> Refusal | None:
        if quality.black > self._limits.max_black:
            return Refusal.DARK
        return Refusal.OVEREXPOSED if quality.white > self._limits.max_white else None

    def _sharpness(self, quality: Quality) -> Refusal | None:
        wanted = self._limits.min_sharpness
        if self.knows_sharpness:
            reached = float(np.percentile(self._sharpness_seen, REFERENCE_PERCENTILE))
            wanted = max(wanted, self._limits.min_relative_sharpness * reached)
        return Refusal.BLURRED if quality.sharpness < wanted else None
