"""Heatmaps as pictures for people."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import PictureError
from edge.messaging.heatmap import Heatmap
from edge.messaging.messages import HeatmapHeader
from edge.pictures import Picture, decode_picture

_STRONGEST = 0.65  # share of colour over picture at the top of the range, so that the defect stays visible


def paint(heatmap: Heatmap) -> Picture:
    """Colours a heatmap over the header's whole range, blue is low and red is high.

    Returns:
        uint8 [H, W, 3] BGR: laid over the frame where the station sent it, stronger with the score, so that calm
        areas show the part as it is; else at the map's own size.

    Raises:
        PictureError: the frame that came with it cannot be decoded.
    """
    header = heatmap.header
    span = (header.score_at_255 - header.score_at_0) or 1.0
    level = np.clip((heatmap.scores - header.score_at_0) / span, 0, 1, dtype=np.float32)
    if heatmap.picture is None:
        return _colours(level)
    name = f"the picture of {header.station}/{header.camera} frame {header.frame_seq}"
    return _blend(decode_picture(np.frombuffer(heatmap.picture, np.uint8), name), level, header)


def _blend(frame: Picture, level: NDArray[np.float32], header: HeatmapHeader) -> Picture:
    box = header.frame_box
    part = frame[box.y : box.y + box.height, box.x : box.x + box.width]
    if part.shape[:2] != (box.height, box.width):
        raise PictureError(f"a heatmap of {header.station}/{header.camera} lies outside its frame")
    stretched = cv2.resize(level, (box.width, box.height), interpolation=cv2.INTER_LINEAR)
    share = _STRONGEST * stretched[:, :, None]
    part[:] = np.rint((1.0 - share) * part + share * _colours(stretched)).astype(np.uint8)
    return frame


def _colours(level: cv2.typing.MatLike) -> Picture:
    return np.asarray(cv2.applyColorMap(np.rint(255 * level).astype(np.uint8), cv2.COLORMAP_TURBO), dtype=np.uint8)
