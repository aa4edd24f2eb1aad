"""Pixels of GenICam cameras: from the formats of the Pixel Format Naming Convention to BGR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from edge.cameras.pixels import as_picture, no_pixels
from edge.pictures import Picture


@dataclass(frozen=True, slots=True)
class Format:
    """One pixel format.

    Attributes:
        bits: significant bits of a value.
        channels: values of a pixel.
        to_bgr: OpenCV's conversion (``cv2.COLOR_*``); None where ``as_picture`` does it.
    """

    bits: int
    channels: int = 1
    to_bgr: int | None = None


# PFNC names a Bayer pattern by the first two pixels of the first row, OpenCV by the first square.
BAYER = {
    "RG": cv2.COLOR_BayerRGGB2BGR,
    "GR": cv2.COLOR_BayerGRBG2BGR,
    "GB": cv2.COLOR_BayerGBRG2BGR,
    "BG": cv2.COLOR_BayerBGGR2BGR,
}
PACKED = ("", "p", "Packed")

FORMATS = {
    "Mono8": Format(8),
    **{f"Mono{bits}{packed}": Format(bits) for bits in (10, 12) for packed in PACKED},
    "Mono14": Format(14),
    "Mono16": Format(16),
    **{f"Bayer{order}8": Format(8, 1, code) for order, code in BAYER.items()},
    **{
        f"Bayer{order}{bits}{packed}": Format(bits, 1, code)
        for order, code in BAYER.items()
        for bits in (10, 12)
        for packed in PACKED
    },
    **{f"Bayer{order}16": Format(16, 1, code) for order, code in BAYER.items()},
    "RGB8": Format(8, 3, cv2.COLOR_RGB2BGR),
    "BGR8": Format(8, 3),
    "RGBa8": Format(8, 4, cv2.COLOR_RGBA2BGR),
    "BGRa8": Format(8, 4),
}


def from_component(component: Any) -> tuple[Picture, str]:
    """Copies a picture out of the library's buffer.

    Args:
        component: ``harvesters`` Component2DImage; its packed formats are unpacked already.

    Returns:
        uint8 [H, W, 3] BGR, and a fault in one line, empty for a sound picture.
    """
    known = FORMATS.get(component.data_format)
    height, width, data = component.height, component.width, component.data
    if known is None:
        return no_pixels(), f"pixels as {component.data_format}, which is not read"
    row = width * known.channels
    if data is None or 0 in (height, width) or data.size < height * row:
        size = 0 if data is None else data.size
        return no_pixels(), f"{size} values for {width}x{height} pixels"
    decoded = data.reshape(height, -1)[:, :row]  # rows may be padded
    if known.channels > 1:
        decoded = decoded.reshape(height, width, known.channels)
    if known.to_bgr is not None:
        decoded = cv2.cvtColor(np.ascontiguousarray(decoded), known.to_bgr)
    pixels, fault = as_picture(decoded, bits=known.bits)
    return (pixels.copy() if np.may_share_memory(pixels, data) else pixels), fault
