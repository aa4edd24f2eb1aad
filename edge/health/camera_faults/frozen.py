"""A picture that stays exactly the same: no sensor repeats its noise, a driver that hangs repeats its buffer."""

from __future__ import annotations

import math
import threading

import numpy as np

from edge.pictures import Picture

SAMPLED_ROWS = 16
LEAST_FRAMES = 3


class Stillness:
    """Measures for how long not one pixel has changed.

    A few rows are compared at full size, frame by frame as the camera gave them. Where they are equal, so must be
    the whole picture at the model's size: whoever judges a frame compares that later, in any order.
    """

    def __init__(self) -> None:
        self._stretch: _Stretch | None = None

    def glance(self, pixels: Picture, captured_ns: int) -> Glance:
        """Takes in the next frame by its few rows; not for several threads at once.

        Args:
            pixels: uint8 [H, W, 3].
            captured_ns: monotonic clock of its capture.
        """
        rows = _sample_of(pixels)
        if self._stretch is None or not self._stretch.goes_on(rows):
            # A copy: the camera's frame lies in a ring, and one that is kept is missing there.
            self._stretch = _Stretch(rows.copy(), captured_ns)
        self._stretch.frames += 1
        return Glance(self._stretch, captured_ns)


class Glance:
    """One frame among those just before it that have the same few rows; any thread may ask."""

    def __init__(self, stretch: _Stretch, captured_ns: int) -> None:
        self._stretch = stretch
        self._captured_ns = captured_ns
        self._frames = stretch.frames

    def still_s(self, prepared: Picture) -> float:
        """For how many seconds nothing has changed; 0 for less than three equal frames.

        Args:
            prepared: uint8 [h, w, 3], the frame at the model's size.
        """
        if not self._stretch.still_at(self._captured_ns, prepared) or self._frames < LEAST_FRAMES:
            return 0.0
        return (self._captured_ns - self._stretch.since_ns) / 1e9


class _Stretch:
    """Frames with the same few rows, one after the other; it ends with the first that is another picture."""

    def __init__(self, rows: Picture, since_ns: int) -> None:
        self.since_ns = since_ns
        self.frames = 0
        self._rows = rows
        self._prepared: Picture | None = None
        self._moved_ns = math.inf
        self._lock = threading.Lock()

    def goes_on(self, rows: Picture) -> bool:
        return self._moved_ns == math.inf and np.array_equal(rows, self._rows)

    def still_at(self, captured_ns: int, prepared: Picture) -> bool:
        with self._lock:
            if self._prepared is None:
                self._prepared = prepared.copy()
            elif not np.array_equal(prepared, self._prepared):
                self._moved_ns = min(captured_ns, self._moved_ns)
            return captured_ns < self._moved_ns


def _sample_of(pixels: Picture) -> Picture:
    step = max(1, pixels.shape[0] // SAMPLED_ROWS)
    return pixels[step // 2 :: step]
