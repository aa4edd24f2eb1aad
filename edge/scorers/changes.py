"""What a camera does to a picture of the same part: another light, pose, focus, noise or compression.

Pictures are uint8 [H, W, 3] BGR before and after, of the same size.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import PictureError
from edge.pictures import Picture, decode_picture


def lit(pixels: Picture, times: float) -> Picture:
    """The same scene in so many times the light, on a sensor without a gamma curve; whites stay white."""
    return _rounded(pixels * np.float32(times))


def moved(
    pixels: Picture, *, right_px: float = 0.0, down_px: float = 0.0, degrees: float = 0.0, aspect: float = 1.0
) -> Picture:
    """Shifted, and turned counter-clockwise about the middle; what comes in repeats the edge.

    Args:
        pixels: the picture.
        right_px: in pixels of this picture.
        down_px: the same.
        degrees: in the scene.
        aspect: width of a pixel over its height in the scene; not 1 where a resize changed the aspect ratio.
    """
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((0, 0), degrees, 1.0)[:, :2]
    matrix = np.diag([1 / aspect, 1.0]) @ turn @ np.diag([aspect, 1.0])
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    offset = middle - matrix @ middle + np.array([right_px, down_px])
    warped = cv2.warpAffine(
        pixels,
        np.column_stack([matrix, offset]),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(warped, np.uint8)


def blurred(pixels: Picture, sigma_px: float) -> Picture:
    """Softer by a Gaussian of this standard deviation; 0 leaves it as it is."""
    if sigma_px <= 0:
        return pixels
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma_px), np.uint8)


def noisy(pixels: Picture, sigma: float, rng: np.random.Generator) -> Picture:
    """With white noise of this standard deviation, in grey levels, on each channel."""
    return _rounded(pixels + rng.normal(0.0, sigma, pixels.shape))


def compressed(pixels: Picture, quality: int) -> Picture:
    """As JPEG of a quality from 1 to 100 leaves it."""
    encoded, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not encoded:
        raise PictureError("OpenCV cannot write JPEG")
    return decode_picture(np.asarray(data, np.uint8), "a compressed picture")


def _rounded(pixels: NDArray[np.floating]) -> Picture:
    return np.asarray(np.clip(np.rint(pixels), 0, 255), np.uint8)
