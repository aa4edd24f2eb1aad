"""Faults of a camera, simulated on real pictures; and a drawn part for timing."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from edge.pictures import Picture

Change = Callable[[Picture], Picture]
BLUR = 3 / 512  # standard deviation, shares of the width
SHIFT = 0.05  # of the width
ROTATION_DEG = 5.0
NOISE = 25.0  # standard deviation of each channel, grey levels


def lit(times: float) -> Change:
    """The same scene in so many times the light."""
    return lambda pixels: _clipped(pixels * np.float32(times))


def blurred(pixels: Picture) -> Picture:
    """Out of focus."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), BLUR * pixels.shape[1]), np.uint8)


def noisy(pixels: Picture) -> Picture:
    """With white noise on each channel, the same for the same picture."""
    rng = np.random.default_rng(pixels.size)
    return _clipped(pixels + rng.normal(0, NOISE, pixels.shape))


def moved(*, right: float = 0.0, down: float = 0.0, degrees: float = 0.0) -> Change:
    """Shifted by shares of the width and turned about the middle; what comes in repeats the edge."""

    def move(pixels: Picture) -> Picture:
        height, width = pixels.shape[:2]
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
        matrix[:, 2] += np.array([right, down]) * width
        warped = cv2.warpAffine(
            pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(warped, np.uint8)

    return move


SOUND: dict[str, Change] = {
    "good": lambda pixels: pixels,
    "defective": lambda pixels: pixels,
    "good, lamp -30 %": lit(0.7),
    "good, lamp +30 %": lit(1.3),
}
FAULTS: dict[str, tuple[Change, str]] = {  # with the beginning of what the watch has to say
    "black: a 20th of the light": (lit(0.05), "black"),
    "saturated: 16 times the light": (lit(16), "saturated"),
    "blur, sigma 3 px of 512": (blurred, "out of focus"),
    "noise, sigma 25": (noisy, "heavy noise"),
    "shift to the side by 5 %": (moved(right=SHIFT), "the view is shifted"),
    "shift upwards by 5 %": (moved(down=-SHIFT), "the view is shifted"),
    "rotation by 5 degrees": (moved(degrees=ROTATION_DEG), "the view is rotated"),
    "rotation by -5 degrees": (moved(degrees=-ROTATION_DEG), "the view is rotated"),
}


def drawn_part(rng: np.random.Generator, height: int, width: int) -> Picture:
    """A plate with a ring, holes and a stamp, under a lamp and a sensor that vary a little."""
    pixels = np.full((height, width, 3), 90, np.uint8)
    unit = height // 12
    middle = (width // 2, height // 2)
    cv2.rectangle(pixels, (2 * unit, 2 * unit), (width - 2 * unit, height - 2 * unit), (150, 145, 140), -1)
    cv2.circle(pixels, middle, 3 * unit, (60, 80, 170), max(2, unit // 2), cv2.LINE_AA)
    for x, y in ((3 * unit, 3 * unit), (width - 4 * unit, 3 * unit), (3 * unit, height - 3 * unit)):
        cv2.circle(pixels, (x, y), unit // 2, (30, 30, 30), -1, cv2.LINE_AA)
    cv2.putText(pixels, "A-17", (width // 2 - unit, height // 2), 0, unit / 24, (20, 20, 20), max(1, unit // 12))
    slope = np.linspace(-10, 10, width)[None, :, None]
    return _clipped(pixels * rng.normal(1, 0.02) + slope + rng.normal(0, 2, pixels.shape))


def _clipped(pixels: np.ndarray) -> Picture:
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
