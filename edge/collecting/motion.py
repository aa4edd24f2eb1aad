"""Whether the part moves: two frames in a row differ by more than the sensor's noise."""

from __future__ import annotations

from edge.collecting.seen import Blocks, change_by_noise
from edge.collecting.sieve import change
from edge.pictures import Picture

WITHIN_S = 1.0  # frames further apart say nothing: another part may lie there by then


class Motion:
    """Compares each frame with the one before.

    Args:
        limit: change of block means, grey levels, from which a part moves; see ``sieve.change``.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._before: Blocks | None = None
        self._captured_ns = 0

    def moves(self, pixels: Picture, blocks: Blocks, captured_ns: int) -> bool | None:
        """Whether the part moved since the frame before; None where that one is too old to tell.

        Args:
            pixels: uint8 [H, W, 3] BGR.
            blocks: its block means, float32 [32, 32].
            captured_ns: monotonic clock of its capture.
        """
        before, gap_ns = self._before, captured_ns - self._captured_ns
        self._before, self._captured_ns = blocks, captured_ns
        if before is None or gap_ns > WITHIN_S * 1e9:
            return None
        return change(before, blocks) > max(self._limit, change_by_noise(pixels))
