"""A frame: what a camera hands to the inspector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture from one camera.

    Attributes:
        camera: the camera's name at this station.
        seq: number of this frame since the camera's capture began, from 0; counts captured frames, also
            those that were dropped later.
        pixels: uint8 [H, W, 3], BGR, at the camera's own size.
        captured_ns: monotonic clock when the picture reached this computer (``time.monotonic_ns``).
        picture: name of the file the frame came from, for folder cameras: its path from the folder on, or from
            the part of a glob on that is without wildcards; None for live ones.
        fault: why it cannot be judged (no pixels, values that are no numbers), one line; empty for a sound one.
        held_ns: how long it may have waited in a buffer before that, beyond the camera's usual time on the way;
            None where that cannot be told, as after a hold-up of a live camera.
    """

    camera: str
    seq: int
    pixels: NDArray[np.uint8]
    captured_ns: int
    picture: str | None = None
    fault: str = ""
    held_ns: int | None = 0
