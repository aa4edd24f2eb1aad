"""One inspected frame with its picture and heatmap, small enough for a reply."""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from edge.messaging.heatmap import EncodedMap, encode
from edge.messaging.messages import Result
from edge.messaging.parcel import frame_box, map_threshold
from edge.verdict import Inspection

_JPEG_QUALITY = 85


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What somebody sees who asks what the camera sees.

    Attributes:
        result: as it was published.
        jpeg: the camera's frame.
        heatmap: encoded as PNG, with where it lies in the frame; None where there is no map.
    """

    result: Result
    jpeg: bytes
    heatmap: dict[str, object] | None

    def fields(self) -> dict[str, object]:
        """The same for a reply in JSON."""
        return {"result": self.result, "jpeg": _text(self.jpeg), "heatmap": self.heatmap}


def snapshot_of(inspection: Inspection, result: Result) -> Snapshot:
    """Encodes an inspected frame; takes some milliseconds.

    Args:
        inspection: with its frame, uint8 [H, W, 3] BGR, and its raw map, float32 [h, w].
        result: of it.
    """
    scores = inspection.anomaly_map
    encoded = None if scores is None else encode(scores.astype(np.float32), map_threshold(inspection), "png")
    heatmap = None if encoded is None else _fields(encoded) | {"frame_box": frame_box(inspection)}
    return Snapshot(result, jpeg(inspection.frame.pixels), heatmap)


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """A picture, uint8 [H, W, 3] BGR, as JPEG."""
    import cv2

    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return data.tobytes()


def _fields(encoded: EncodedMap) -> dict[str, object]:
    return asdict(encoded) | {"data": _text(encoded.data)}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
