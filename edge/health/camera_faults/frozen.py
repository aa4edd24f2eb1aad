"""A picture that stays exactly the same: no sensor repeats its noise, a driver that hangs repeats its buffer."""

from __future__ import annotations

import numpy as np

from edge.pictures import Picture

SAMPLED_ROWS = 16
LEAST_FRAMES = 3


class Stillness:
    """Measures for how long not one pixel has changed."""

    def __init__(self) -> None:
        self._sample: Picture | None = None
        self._prepared: Picture | None = None
        self._since_ns = 0
        self._frames = 0

    def look(self, pixels: Picture, prepared: Picture, captured_ns: int) -> float:
        """Takes in a frame, and says for how many seconds nothing changed; 0 for less than three equal frames.

        A few rows are compared at full size; where they are equal, so must be the whole picture at the model's
        size.

        Args:
            pixels: uint8 [H, W, 3].
            prepared: uint8 [h, w, 3], the same at the model's size.
            captured_ns: monotonic clock of its capture.
        """
        if not self.glance(pixels, captured_ns):
            self._prepared = prepared.copy()
            return 0.0
        if self._prepared is not None and not np.array_equal(prepared, self._prepared):
            self._begin(pixels, captured_ns)
            self._prepared = prepared.copy()
            return 0.0
        return (captured_ns - self._since_ns) / 1e9 if self._frames >= LEAST_FRAMES else 0.0

    def glance(self, pixels: Picture, captured_ns: int) -> bool:
        """Takes in a frame that nobody judges, by its few rows; says whether they are those of the one before."""
        if _equal(_sample_of(pixels), self._sample):
            self._frames += 1
            return True
        self._begin(pixels, captured_ns)
        return False

    def _begin(self, pixels: Picture, captured_ns: int) -> None:
        # A copy: the camera's frame lies in a ring, and one that is kept is missing there.
        self._sample, self._prepared = _sample_of(pixels).copy(), None
        self._since_ns, self._frames = captured_ns, 1


def _sample_of(pixels: Picture) -> Picture:
    step = max(1, pixels.shape[0] // SAMPLED_ROWS)
    return pixels[step // 2 :: step]


def _equal(now: Picture, before: Picture | None) -> bool:
    return before is not None and np.array_equal(now, before)
