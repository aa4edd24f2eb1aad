"""Where an anomaly map stands out: connected areas above the pixel threshold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.verdict import Box, Region

Array = NDArray[np.float32]
MOST_REGIONS = 16
MOST_SHARE = 0.001  # of the map's pixels: what is larger is shown whatever good parts show


class _Areas(NamedTuple):
    """Connected areas; the first of them is what lies below the threshold.

    Attributes:
        x0, y0: where ``labels`` begin in the map.
        labels: int [h, w], the area of each pixel.
        stats: int [N, 5]: x, y, width, height, pixels.
    """

    x0: int
    y0: int
    labels: NDArray[np.intp]
    stats: NDArray[np.int32]


def find_regions(
    anomaly_map: Array, pixel_threshold: float | None, box: Box, *, least_cells: int = 0
) -> tuple[Region, ...]:
    """Connected areas above the pixel threshold, highest first, at most ``MOST_REGIONS``.

    Args:
        anomaly_map: float32 [h, w].
        pixel_threshold: raw map value; None for no regions.
        box: where the map lies in the frame whose pixels the regions are given in.
        least_cells: pixels of the map that a region must have.
    """
    areas = _areas(anomaly_map, pixel_threshold)
    if areas is None:
        return ()
    part = anomaly_map[areas.y0 :, areas.x0 :][: areas.labels.shape[0], : areas.labels.shape[1]]
    highest = np.full(len(areas.stats), -np.inf, np.float32)
    np.maximum.at(highest, areas.labels.ravel(), part.ravel())
    order = 1 + np.argsort(-highest[1:], kind="stable")
    chosen = order[areas.stats[order, cv2.CC_STAT_AREA] >= least_cells][:MOST_REGIONS]
    (rows, columns), pixels_each = anomaly_map.shape, box.height * box.width / anomaly_map.size
    found = []
    for label in chosen:
        x, y, width, height, cells = (int(value) for value in areas.stats[label])
        left, right = _outward(areas.x0 + x, areas.x0 + x + width, columns, box.width)
        top, bottom = _outward(areas.y0 + y, areas.y0 + y + height, rows, box.height)
        pixels = max(1, round(cells * pixels_each))
        found.append(Region(box.x + left, box.y + top, right - left, bottom - top, pixels, float(highest[label])))
    return tuple(found)


def least_cells(good_maps: Iterable[Array], pixel_threshold: float) -> int:
    """The smallest region to show: larger than any that good parts show, at most ``MOST_SHARE`` of the map.

    A few good parts exceed the pixel threshold, as its false-alarm rate says. What is no larger than the specks
    they show tells nothing about a part. The bound keeps one odd part among the good from hiding defects.

    Args:
        good_maps: float32 [h, w] each, at least of the good parts with the highest maxima.
        pixel_threshold: raw map value.
    """
    least = 0
    for anomaly_map in good_maps:
        areas = _areas(anomaly_map, pixel_threshold)
        if areas is not None:
            largest = 1 + int(areas.stats[1:, cv2.CC_STAT_AREA].max())
            least = max(least, min(largest, max(1, int(MOST_SHARE * anomaly_map.size))))
    return least


def _areas(anomaly_map: Array, pixel_threshold: float | None) -> _Areas | None:
    if pixel_threshold is None or float(anomaly_map.max()) <= pixel_threshold:
        return None
    above = (anomaly_map > pixel_threshold).astype(np.uint8)
    # Only where anything is: for a small defect this takes a thirtieth of the time that the whole map takes.
    x0, y0, width, height = cv2.boundingRect(above)
    most = -(-width // 2) * -(-height // 2)  # more areas cannot lie apart
    kind = cv2.CV_16U if most < 2**16 else cv2.CV_32S  # short labels take half the time
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        above[y0 : y0 + height, x0 : x0 + width], connectivity=8, ltype=kind
    )
    return _Areas(x0, y0, np.asarray(labels, np.intp), np.asarray(stats, np.int32))


def _outward(start: int, end: int, cells: int, pixels: int) -> tuple[int, int]:
    """A span of the map in pixels of the frame, grown to whole ones; in whole numbers, so that it stays inside."""
    return start * pixels // cells, -(-end * pixels // cells)
