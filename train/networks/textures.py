"""Textures that are drawn instead of photographed: for corruption where no folder of textures is at hand."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.pictures import Picture

Grey = NDArray[np.float32]
Size = tuple[int, int]


def procedural(size: Size, rng: np.random.Generator) -> Picture:
    """A random texture between two random colours, uint8 [H, W, 3]: cloud, stripes, checks, grain or plain."""
    draw = _DRAWN[int(rng.integers(len(_DRAWN)))]
    share = draw(size, rng)[:, :, None]
    one, other = rng.uniform(0, 255, 3), rng.uniform(0, 255, 3)
    return np.rint(one + share * (other - one)).astype(np.uint8)


def _cloud(size: Size, rng: np.random.Generator) -> Grey:
    """Noise of several scales, each half as strong as the one before."""
    total = np.zeros(size, np.float32)
    for octave in range(int(rng.integers(2, 6))):
        cells = rng.random((2 ** (octave + 1) + 1,) * 2, dtype=np.float32)
        total += np.asarray(cv2.resize(cells, size[::-1], interpolation=cv2.INTER_LINEAR)) / 2**octave
    return _stretched(total)


def _stripes(size: Size, rng: np.random.Generator) -> Grey:
    angle, period = rng.uniform(0, np.pi), rng.uniform(3, max(4.0, min(size) / 4))
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    wave = np.sin(2 * np.pi * (rows * np.sin(angle) + columns * np.cos(angle)) / period)
    return ((wave + 1) / 2).astype(np.float32)


def _checks(size: Size, rng: np.random.Generator) -> Grey:
    side = int(rng.integers(2, max(3, min(size) // 6)))
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    return ((rows // side + columns // side) % 2).astype(np.float32)


def _grain(size: Size, rng: np.random.Generator) -> Grey:
    noise = rng.random(size, dtype=np.float32)
    return _stretched(np.asarray(cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.5, 3)))))


def _plain(size: Size, rng: np.random.Generator) -> Grey:
    return np.zeros(size, np.float32)


def _stretched(grey: Grey) -> Grey:
    low, high = float(grey.min()), float(grey.max())
    return ((grey - low) / max(high - low, 1e-6)).astype(np.float32)


_DRAWN: tuple[Callable[[Size, np.random.Generator], Grey], ...] = (_cloud, _stripes, _checks, _grain, _plain)
