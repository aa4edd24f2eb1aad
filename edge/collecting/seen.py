"""Which parts were taken already: the block means of every picture kept, 4 KiB each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.collecting.sieve import BLOCKS, CHANGE_PERCENTILE
from edge.health.camera_faults.noise import noise_of
from edge.pictures import Picture

Blocks = NDArray[np.float32]
_ROOM = 64
_SAFETY = 2.0


class Seen:
    """Pictures kept so far, comparable with a new one in about a millisecond for every hundred."""

    def __init__(self) -> None:
        self._table = np.empty((_ROOM, BLOCKS[0] * BLOCKS[1]), np.float32)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, blocks: Blocks) -> None:
        """Takes in a picture by its block means, float32 [32, 32]."""
        if self._count == len(self._table):
            self._table = np.concatenate([self._table, np.empty_like(self._table)])
        self._table[self._count] = blocks.ravel()
        self._count += 1

    def least_change(self, blocks: Blocks) -> float:
        """How much a picture differs from the most similar one kept, grey levels; infinite where none is kept.

        It is ``sieve.change`` against all of them: a change that all blocks share is the lamp's.
        """
        if self._count == 0:
            return float("inf")
        difference = self._table[: self._count] - blocks.ravel()
        difference -= np.median(difference, axis=1, keepdims=True)
        return float(np.percentile(np.abs(difference), CHANGE_PERCENTILE, axis=1).min())

    def knows(self, pixels: Picture, blocks: Blocks, min_change: float) -> bool:
        """Whether a picture shows what one of those kept shows.

        Args:
            pixels: uint8 [H, W, 3] BGR at full size, where its noise is measured.
            blocks: its block means.
            min_change: grey levels from which it differs; what the noise alone may change at least. 0: it does.
        """
        return min_change > 0 and self.least_change(blocks) < max(min_change, change_by_noise(pixels))


def change_by_noise(pixels: Picture) -> float:
    """What the sensor's noise alone may change between two pictures of a part that lies still, grey levels.

    Block means hide the noise of a large picture; in a small one a block is a few pixels.

    Args:
        pixels: uint8 [H, W, 3] BGR; 0 for one of less than 32 pixels each way.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < BLOCKS[0]:
        return 0.0
    pixels_of_block = max(1.0, height * width / (BLOCKS[0] * BLOCKS[1]))
    largest_of_noise = 2.58 * np.sqrt(2.0)  # of 99 blocks in 100, of a difference of two
    return float(_SAFETY * largest_of_noise * noise_of(pixels) / np.sqrt(pixels_of_block))
