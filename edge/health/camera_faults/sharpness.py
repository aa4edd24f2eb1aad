"""How sharp a picture is at the model's size: blur that cannot be seen there does not matter to a verdict.

Sharpness is how strongly the picture bends (Laplacian) in relation to how steep it is (steps between neighbours).
Light and contrast cancel, so a lamp that ages is no blur; a defect adds edges and does not take the others away;
noise raises it, so that a picture without any structure is not called blurred. The resize before has averaged most
of the noise away, which else would hide a blur.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sharpness:
    """What was measured on one picture.

    Attributes:
        value: 0 (only slopes) to some 5 (only noise); 0 for a picture of one colour.
        contrast: mean square step between neighbouring pixels, grey levels squared.
    """

    value: float
    contrast: float


def sharpness(grey: Grey) -> Sharpness:
    """Measures a picture at the model's size, uint8 [h, w], at least 4 pixels each way."""
    bend = cv2.Laplacian(grey, cv2.CV_16S)[1:-1, 1:-1]  # at the rim a mere slope bends, being mirrored
    steepness = cv2.norm(grey[:, 1:], grey[:, :-1], cv2.NORM_L2SQR) + cv2.norm(grey[1:], grey[:-1], cv2.NORM_L2SQR)
    bending = cv2.norm(bend, cv2.NORM_L2SQR)
    return Sharpness(bending / steepness if steepness else 0.0, steepness / (2 * grey.size))


def out_of_focus(grey: Grey, sigma_px: float, noise: float) -> Grey:
    """A picture as a lens out of focus would show it: the sensor's noise (grey levels) stays sharp."""
    soft = cv2.GaussianBlur(grey, (0, 0), sigma_px).astype(np.float32)
    grain = np.random.default_rng(0).normal(0, noise, grey.shape)
    return np.clip(np.rint(soft + grain), 0, 255).astype(np.uint8)
