"""How much of a picture is black, and how much is white."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


def shares(grey: Grey, *, black_level: int, white_level: int) -> tuple[float, float]:
    """Shares of pixels up to ``black_level`` and from ``white_level`` on, 0 to 1; grey is uint8 [h, w]."""
    black, white = np.count_nonzero(grey <= black_level), np.count_nonzero(grey >= white_level)
    return float(black) / grey.size, float(white) / grey.size


def share_allowed(limit: float, of_good: float) -> float:
    """The share that a picture must exceed: the limit, or halfway from good ones to 1 where they are near it."""
    return max(limit, (1 + of_good) / 2)
