"""How far a view lies off the mean of good ones where that is little: less than what is a fault of the camera.

One step of Lucas and Kanade (1981): the difference to the mean is explained by the mean's slopes, together with
its light and contrast. Right up to a pixel or two of the stamp; of a view that lies further off, less than the
whole way is told.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.health.camera_faults.view import Stamp


class Place:
    """Where pictures lie against a mean.

    Args:
        mean: float32 [rows, columns], with structure both ways.
    """

    def __init__(self, mean: Stamp) -> None:
        down, right = np.gradient(mean.astype(np.float64))
        causes = np.stack([-right.ravel(), -down.ravel(), mean.ravel(), np.ones(mean.size)], axis=1)
        self._by: NDArray[np.float32] = (np.linalg.pinv(causes)[:2] / max(mean.shape)).astype(np.float32)

    def of(self, picture: Stamp) -> tuple[float, float]:
        """How far to the right and how far down a stamp of the mean's size lies, shares of the longer side."""
        right, down = self._by @ picture.ravel()
        return float(right), float(down)
