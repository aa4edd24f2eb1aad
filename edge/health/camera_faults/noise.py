"""The noise of a frame at its full size, from a few bands of rows.

It is taken where the picture is quiet, in the quarter of blocks that bend least: noise is everywhere, while
texture and defects are somewhere.
"""

from __future__ import annotations

import cv2
import numpy as np

from edge.pictures import Picture

BANDS = 4
PIXELS = 32_768  # in all bands: 16 rows of a 1080p frame
BLOCKS = 16  # along each band
QUIET = 0.25
# Mean absolute value of the Laplacian of white noise of standard deviation 1: sqrt(20) * sqrt(2 / pi)
_BEND_OF_NOISE = 3.568


def noise_of(pixels: Picture) -> float:
    """Standard deviation in grey levels of uint8 [H, W, 3] BGR of at least 32 pixels each way.

    Too low where most of the picture is white or black, too high where all of it is textured.
    """
    rows, columns = pixels.shape[:2]
    height = min(rows // BANDS, max(4, PIXELS // (BANDS * columns)))
    starts = ((np.arange(BANDS) + 0.5) * rows / BANDS - height / 2).astype(int)
    blocks = []
    for start in starts:
        # Whole numbers of columns in a block, as others are resized slowly.
        band = pixels[start : start + height, : columns // BLOCKS * BLOCKS]
        bend = cv2.Laplacian(cv2.cvtColor(band, cv2.COLOR_BGR2GRAY), cv2.CV_16S)
        blocks.append(cv2.resize(cv2.convertScaleAbs(bend), (BLOCKS, 1), interpolation=cv2.INTER_AREA))
    quiet = np.sort(np.concatenate(blocks), axis=None)[int(QUIET * BLOCKS * BANDS)]
    return float(quiet) / _BEND_OF_NOISE
