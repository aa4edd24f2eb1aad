"""Sharpness and noise of a frame at its full size, from a few bands of rows.

Sharpness is how strongly the picture bends (Laplacian) in relation to how steep it is (steps between neighbours).
Light and contrast cancel, so a lamp that ages is no blur; a defect adds edges and does not take the others away;
noise raises it, so that a picture without any structure is not called blurred.

Noise is taken where the picture is quiet, in the quarter of blocks that bend least: it is everywhere, while
texture and defects are somewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from edge.pictures import Picture

BANDS = 6
PIXELS = 73_728  # in all bands: 36 rows of a 1080p frame, which keeps this under 0.1 ms
BLOCKS = 16  # along each band
QUIET = 0.25
# Standard deviation of white noise to the mean absolute value of its Laplacian: sqrt(20) * sqrt(2 / pi)
_BEND_OF_NOISE = 3.568


@dataclass(frozen=True, slots=True)
class Detail:
    """What was measured on one frame.

    Attributes:
        sharpness: 0 (only slopes) to some 5 (only noise); 0 for a picture of one colour.
        contrast: mean square step between neighbouring pixels, grey levels squared.
        noise: standard deviation, grey levels; too low where the picture is white or black.
    """

    sharpness: float
    contrast: float
    noise: float


def bands(pixels: Picture) -> list[Picture]:
    """Bands of whole rows, evenly spread; views of uint8 [H, W, 3], which has at least six rows."""
    rows, columns = pixels.shape[:2]
    height = min(rows // BANDS, max(4, PIXELS // (BANDS * columns)))
    starts = ((np.arange(BANDS) + 0.5) * rows / BANDS - height / 2).astype(int)
    return [pixels[start : start + height] for start in starts]


def measure(parts: list[Picture]) -> Detail:
    """Measures the bands of a frame, each uint8 [h, W, 3] BGR."""
    bending = steepness = 0.0
    pixels = 0
    blocks = []
    for part in parts:
        grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
        bend = cv2.Laplacian(grey, cv2.CV_16S)
        bending += cv2.norm(bend[1:-1, 1:-1], cv2.NORM_L2SQR)  # at the rim a mere slope bends, being mirrored
        steepness += cv2.norm(grey[:, 1:], grey[:, :-1], cv2.NORM_L2SQR)
        steepness += cv2.norm(grey[1:], grey[:-1], cv2.NORM_L2SQR)
        pixels += grey.size
        whole = cv2.convertScaleAbs(bend[:, : grey.shape[1] // BLOCKS * BLOCKS])  # resizes fast by whole numbers
        blocks.append(cv2.resize(whole, (BLOCKS, 1), interpolation=cv2.INTER_AREA))
    quiet = np.sort(np.concatenate(blocks), axis=None)[int(QUIET * BLOCKS * len(parts))]
    return Detail(
        sharpness=bending / steepness if steepness else 0.0,
        contrast=steepness / (2 * pixels),
        noise=float(quiet) / _BEND_OF_NOISE,
    )
