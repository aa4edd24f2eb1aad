"""Drawn pictures that set the ranges of 8 bits where no pictures are at hand.

Textures of several scales, from dark to bright, with a few shapes: they drive a network over the range that
pictures of parts use. Measured on three products they serve as well as pictures of these products (docs/teach.md).
"""

from __future__ import annotations

import cv2
import numpy as np

from edge.pictures import Picture

_SCALES = (4, 16, 64, 256)  # cells of noise across the picture
_MOST_CONTRAST = 30  # standard deviation of one scale, grey levels


def drawn_textures(size: tuple[int, int], count: int, *, seed: int = 0) -> list[Picture]:
    """Draws pictures, uint8 [height, width, 3].

    Args:
        size: (height, width).
        count: how many.
        seed: another one draws others.
    """
    rng = np.random.default_rng(seed)
    return [_texture(size, rng) for _ in range(count)]


def _texture(size: tuple[int, int], rng: np.random.Generator) -> Picture:
    height, width = size
    field = np.zeros((height, width, 3), np.float32)
    for cells in _SCALES:
        noise = rng.normal(0, 1, (cells, cells, 3)).astype(np.float32)
        field += rng.uniform(0, _MOST_CONTRAST) * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    pixels = np.clip(field + rng.uniform(40, 210, 3), 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(1, 6))):
        middle = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        colour = tuple(int(level) for level in rng.integers(0, 256, 3))
        radius = int(rng.integers(min(size) // 50 + 1, min(size) // 3))
        cv2.circle(pixels, middle, radius, colour, int(rng.choice([-1, 2, 5])), cv2.LINE_AA)
    return pixels
