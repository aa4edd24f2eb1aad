"""Heatmaps on the wire: a raw float map to bytes and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge.errors import BusError
from edge.messaging.messages import HeatmapHeader

Encoding = Literal["u8", "png", "f16"]


@dataclass(frozen=True, slots=True)
class EncodedMap:
    """A map as bytes, with what a reader needs to get scores back."""

    encoding: Encoding
    width: int
    height: int
    score_at_0: float
    score_at_255: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Heatmap:
    """A heatmap as a reader gets it.

    Attributes:
        header: what it belongs to.
        scores: float32 [height, width], raw, higher is more anomalous; of 256 steps unless encoded as f16.
        picture: the camera's frame as JPEG; None where the station does not send it.
    """

    header: HeatmapHeader
    scores: NDArray[np.float32]
    picture: bytes | None


def encode(scores: NDArray[np.float32], threshold: float, encoding: Encoding = "u8") -> EncodedMap | None:
    """Encodes a raw map, float32 [h, w].

    Byte 0 is the map's lowest score. Byte 255 is its highest score or the threshold, whichever is more, so that
    the map of a good part looks calm in a reader that shows the bytes as they are.

    Args:
        scores: of the pixels.
        threshold: of the pixels, see ``edge.messaging.parcel.map_threshold``; never one of another unit.
        encoding: how they are sent.

    Returns:
        None where the map is not finite: there is nothing to show.
    """
    if not np.isfinite(scores).all():
        return None
    low, high = float(scores.min()), max(float(scores.max()), threshold)
    span = (high - low) or 1.0
    if encoding == "f16":
        limit = np.finfo(np.float16).max
        data = np.clip(scores, -limit, limit).astype("<f2").tobytes()
    else:
        grey = np.rint((scores - low) * (255.0 / span)).astype(np.uint8)
        data = grey.tobytes() if encoding == "u8" else _png(grey)
    height, width = scores.shape
    return EncodedMap(encoding, width, height, low, low + span, data)


def decode(header: HeatmapHeader, data: bytes) -> NDArray[np.float32]:
    """The raw scores, float32 [height, width].

    Raises:
        BusError: the bytes do not fit the header.
    """
    if header.encoding == "f16":
        if len(data) % 2:
            raise BusError("a heatmap of f16 has an odd number of bytes")
        return _shaped(np.frombuffer(data, "<f2").astype(np.float32), header)
    grey = np.frombuffer(data, np.uint8) if header.encoding == "u8" else _from_png(data)
    step = np.float32((header.score_at_255 - header.score_at_0) / 255.0)
    return _shaped(grey.astype(np.float32) * step + np.float32(header.score_at_0), header)


def _shaped(scores: NDArray[np.float32], header: HeatmapHeader) -> NDArray[np.float32]:
    if scores.size != header.height * header.width:
        size = f"{header.width} x {header.height}"
        raise BusError(f"a heatmap of {header.station}/{header.camera} has {scores.size} values, not {size}")
    return scores.reshape(header.height, header.width)


def _png(grey: NDArray[np.uint8]) -> bytes:
    import cv2

    _, data = cv2.imencode(".png", grey)
    return data.tobytes()


def _from_png(data: bytes) -> NDArray[np.uint8]:
    import cv2

    grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE) if data else None
    if grey is None:
        raise BusError("a heatmap is not a PNG although its header says so")
    return np.asarray(grey, dtype=np.uint8)
