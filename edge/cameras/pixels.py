"""From whatever a camera or file decodes to, to the picture that models are fed with, or why that cannot be."""

from __future__ import annotations

import time
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.cameras.source import Shot
from edge.pictures import Picture

TO_BGR = {1: cv2.COLOR_GRAY2BGR, 4: cv2.COLOR_BGRA2BGR}


def as_picture(decoded: NDArray[Any], *, bits: int | None = None) -> tuple[Picture, str]:
    """Converts any decoded array to a picture; never raises for what is in it.

    Integers keep their upper eight bits. Floats are taken as 0 (black) to 1 (white): to guess a range from each
    picture would change its brightness from one part to the next.

    Args:
        decoded: [H, W], [H, W, 1], [H, W, 3] BGR or [H, W, 4] BGRA; uint8, uint16 or float.
        bits: significant bits of uint16, 8 to 16; all of them where not given.

    Returns:
        uint8 [H, W, 3] BGR, and a fault in one line, empty for a sound picture. A faulty one is black where
        nothing better is known, and has the size [0, 0, 3] where there are no pixels.
    """
    shape = decoded.shape
    if decoded.ndim not in (2, 3) or 0 in shape:
        return no_pixels(), "zero bytes" if decoded.ndim < 2 else f"{shape[1]}x{shape[0]} pixels"
    pixels, fault = _as_uint8(decoded, bits)
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if channels in TO_BGR:
        pixels = np.asarray(cv2.cvtColor(pixels, TO_BGR[channels]), dtype=np.uint8)
    elif channels != 3:
        return np.zeros((*shape[:2], 3), np.uint8), f"{channels} channels in a pixel"
    return pixels, fault


def as_shot(
    decoded: NDArray[Any],
    *,
    captured_ns: int | None = None,
    width: int | None = None,
    height: int | None = None,
) -> Shot:
    """A shot that came now unless told; one of another size than was asked for (pixels) is a faulty one."""
    captured_ns = time.monotonic_ns() if captured_ns is None else captured_ns
    pixels, fault = as_picture(decoded)
    return Shot(pixels, captured_ns, fault=fault or wrong_size(pixels, width, height))


def wrong_size(pixels: Picture, width: int | None, height: int | None) -> str:
    """Says so where a picture has another size than was asked for, in pixels; else empty."""
    rows, columns = pixels.shape[:2]
    asked = (width or columns, height or rows)
    if asked == (columns, rows):
        return ""
    return f"frame is {columns}x{rows}, {asked[0]}x{asked[1]} was asked for"


def _as_uint8(decoded: NDArray[Any], bits: int | None) -> tuple[NDArray[np.uint8], str]:
    if decoded.dtype == np.uint8:
        return decoded, ""
    if decoded.dtype == np.uint16:
        bits = bits or 16
        most = np.uint16((1 << bits) - 1)
        return (np.minimum(decoded, most) >> (bits - 8)).astype(np.uint8), ""
    if decoded.dtype.kind == "f":
        return _from_floats(decoded)
    return np.zeros(decoded.shape, np.uint8), f"pixels of type {decoded.dtype}"


def _from_floats(decoded: NDArray[Any]) -> tuple[NDArray[np.uint8], str]:
    finite = np.isfinite(decoded)
    fault = ""
    if not finite.all():
        count = int(np.count_nonzero(~finite))
        fault = f"not a number in {count} of {decoded.size} values"
        decoded = np.where(finite, decoded, 0)
    elif decoded.min() < 0 or decoded.max() > 1:
        fault = f"values from {decoded.min():g} to {decoded.max():g} in a float picture, 0 to 1 are possible"
    return np.rint(np.clip(decoded, 0, 1) * 255).astype(np.uint8), fault


def no_pixels() -> Picture:
    """The picture uint8 [0, 0, 3] of a shot that has none."""
    return np.zeros((0, 0, 3), np.uint8)
