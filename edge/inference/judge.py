"""From a raw result to a verdict."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.scores import percentile
from edge.frame import Frame
from edge.inference.card import Calibration
from edge.inference.engine import Raw
from edge.verdict import Inspection, Latency, Region, Verdict

Array = NDArray[np.float32]
MOST_REGIONS = 16


@dataclass(frozen=True)
class Judge:
    """Judges raw results by one calibration.

    Attributes:
        calibration: of the bundle, or of the station where it has its own.
        device: named in every inspection.
    """

    calibration: Calibration
    device: str

    def inspect(self, frame: Frame, raw: Raw, *, waited_ms: float, part_id: str | None = None) -> Inspection:
        """Compares the score with the threshold and finds where the map stands out.

        A score or a map that is not finite gives ``unknown``, never ``good``.

        Args:
            frame: the frame the result belongs to.
            raw: what the graph gave.
            waited_ms: between the frame's arrival and the start of its preparation.
            part_id: the part that was asked about, in trigger mode.
        """
        began = time.perf_counter()
        verdict, reason = self._verdict(raw)
        finite = verdict is not Verdict.UNKNOWN
        peak: tuple[int, int] | None = None
        regions: tuple[Region, ...] = ()
        if finite and raw.anomaly_map is not None:
            shape = frame.pixels.shape[:2]
            peak = _peak(raw.anomaly_map, shape)
            regions = find_regions(raw.anomaly_map, self.calibration.pixel_threshold, shape)
        spent = (time.perf_counter() - began) * 1e3
        return Inspection(
            frame=frame,
            verdict=verdict,
            score=raw.score,
            threshold=self.calibration.threshold,
            percentile=percentile(raw.score, self.calibration.quantiles) if finite else None,
            anomaly_map=raw.anomaly_map if finite else None,
            peak=peak,
            regions=regions,
            latency=Latency(waited_ms, raw.preprocess_ms, raw.inference_ms, spent),
            device=self.device,
            reason=reason,
            part_id=part_id,
        )

    def _verdict(self, raw: Raw) -> tuple[Verdict, str]:
        if not math.isfinite(raw.score):
            return Verdict.UNKNOWN, "the score is not finite"
        if raw.anomaly_map is not None and not np.isfinite(raw.anomaly_map).all():
            return Verdict.UNKNOWN, "the anomaly map is not finite"
        return (Verdict.ANOMALOUS if raw.score > self.calibration.threshold else Verdict.GOOD), ""


def find_regions(anomaly_map: Array, pixel_threshold: float | None, shape: tuple[int, ...]) -> tuple[Region, ...]:
    """Connected areas above the pixel threshold, highest first, at most ``MOST_REGIONS``.

    Args:
        anomaly_map: float32 [h, w].
        pixel_threshold: raw map value; None for no regions.
        shape: (height, width) of the frame that the regions are given in.
    """
    if pixel_threshold is None or float(anomaly_map.max()) <= pixel_threshold:
        return ()
    above = (anomaly_map > pixel_threshold).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(above, connectivity=8)
    (rows, columns), pixels_each = anomaly_map.shape, shape[0] * shape[1] / anomaly_map.size
    found = []
    for label in range(1, count):
        x, y, width, height, area = (int(value) for value in stats[label])
        inside = labels[y : y + height, x : x + width] == label
        score = float(anomaly_map[y : y + height, x : x + width][inside].max())
        left, right = _outward(x, x + width, columns, shape[1])
        top, bottom = _outward(y, y + height, rows, shape[0])
        found.append(Region(left, top, right - left, bottom - top, max(1, round(area * pixels_each)), score))
    return tuple(sorted(found, key=lambda region: -region.score)[:MOST_REGIONS])


def _outward(start: int, end: int, cells: int, pixels: int) -> tuple[int, int]:
    """A span of the map in pixels of the frame, grown to whole ones; in whole numbers, so that it stays inside."""
    return start * pixels // cells, -(-end * pixels // cells)


def _peak(anomaly_map: Array, shape: tuple[int, ...]) -> tuple[int, int]:
    """(x, y) of the maximum: the centre of its map pixel, in pixels of the frame."""
    row, column = np.unravel_index(int(anomaly_map.argmax()), anomaly_map.shape)
    down, right = shape[0] / anomaly_map.shape[0], shape[1] / anomaly_map.shape[1]
    return int((column + 0.5) * right), int((row + 0.5) * down)
