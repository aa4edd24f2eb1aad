"""Heatmaps as pictures for people."""

from __future__ import annotations

import cv2
import numpy as np

from edge.errors import PictureError
from edge.messaging.heatmap import Heatmap
from edge.messaging.messages import HeatmapHeader
from edge.pictures import Picture, decode_picture

_MAP_SHARE = 0.45


def paint(heatmap: Heatmap) -> Picture:
    """Colours a heatmap over the header's whole range, blue is low and red is high.

    Returns:
        uint8 [H, W, 3] BGR: laid over the frame where the station sent it, else at the map's own size.

    Raises:
        PictureError: the frame that came with it cannot be decoded.
    """
    header = heatmap.header
    span = (header.score_at_255 - header.score_at_0) or 1.0
    grey = np.clip((heatmap.scores - header.score_at_0) * (255.0 / span), 0, 255).astype(np.uint8)
    colours = cv2.applyColorMap(grey, cv2.COLORMAP_TURBO)
    if heatmap.picture is None:
        return np.asarray(colours, dtype=np.uint8)
    name = f"the picture of {header.station}/{header.camera} frame {header.frame_seq}"
    frame = decode_picture(np.frombuffer(heatmap.picture, np.uint8), name)
    return _blend(frame, np.asarray(colours, dtype=np.uint8), header)


def _blend(frame: Picture, colours: Picture, header: HeatmapHeader) -> Picture:
    box = header.frame_box
    part = frame[box.y : box.y + box.height, box.x : box.x + box.width]
    if part.shape[:2] != (box.height, box.width):
        raise PictureError(f"a heatmap of {header.station}/{header.camera} lies outside its frame")
    stretched = cv2.resize(colours, (box.width, box.height), interpolation=cv2.INTER_LINEAR)
    part[:] = cv2.addWeighted(part, 1.0 - _MAP_SHARE, stretched, _MAP_SHARE, 0.0)
    return frame
