"""The one place that says which colour an anomaly map has."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.pictures import Picture

STRONGEST = 0.65  # share of colour over picture at the top of the scale, so that the defect stays visible


def overlay(pixels: Picture, anomaly_map: NDArray[np.float32], low: float, high: float) -> Picture:
    """Lays an anomaly map over its picture; calm areas stay clear, anomalous ones turn from blue to red.

    Args:
        pixels: uint8 [H, W, 3] BGR.
        anomaly_map: float32 [h, w]; resized to the picture.
        low: map value from which colour appears; at or below it the picture is unchanged.
        high: map value of the strongest colour, above ``low``.

    Returns:
        uint8 [H, W, 3] BGR.
    """
    height, width = pixels.shape[:2]
    resized = cv2.resize(anomaly_map, (width, height), interpolation=cv2.INTER_LINEAR)
    level = np.clip((resized - low) / (high - low), 0.0, 1.0)
    share = STRONGEST * np.sqrt(level)[:, :, None]
    return np.rint((1 - share) * pixels + share * colours(level)).astype(np.uint8)


def colours(level: NDArray[np.floating]) -> Picture:
    """uint8 [h, w, 3] BGR for levels [h, w] from 0 to 1."""
    return np.asarray(cv2.applyColorMap(np.rint(255 * level).astype(np.uint8), cv2.COLORMAP_TURBO), dtype=np.uint8)
