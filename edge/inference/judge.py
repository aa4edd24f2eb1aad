"""From a raw result to a verdict."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calibration.scores import percentile
from edge.errors import CalibrationError
from edge.frame import Frame
from edge.inference.card import Calibration
from edge.inference.engine import Raw
from edge.inference.regions import find_regions
from edge.verdict import Box, Inspection, Latency, ModelId, Region, Verdict

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Limits:
    """What scores are compared with.

    Attributes:
        threshold: a part is anomalous above it.
        pixel_threshold: map value from which a pixel belongs to a region; None for no regions.
        quantiles: scores of good parts at evenly spaced ranks; empty where they are not known.
        good_parts: how many those are of.
        least_cells: pixels of the map that a region must have.
        least_area_px: pixels of the frame that a region must have, which wins; None where the station sets none.
    """

    threshold: float
    pixel_threshold: float | None
    quantiles: Sequence[float]
    good_parts: int = 0
    least_cells: int = 0
    least_area_px: int | None = None


def sensible_thresholds(limits: Limits) -> tuple[float, float]:
    """The lowest and the highest threshold that somebody may mean; any at all where good scores are not known.

    Below the median of good parts most of them would be alarms. Ten times as far above it as the calibrated
    threshold hardly any defect would be found.

    Args:
        limits: as they were calibrated.
    """
    if len(limits.quantiles) < 2:
        return -math.inf, math.inf
    median = limits.quantiles[len(limits.quantiles) // 2]
    return median, median + 10 * max(limits.threshold - median, limits.quantiles[-1] - median)


def limits_of(
    calibration: Calibration, *, masked: bool, threshold: float | None = None, min_region_px: int | None = None
) -> Limits:
    """The limits that a calibration sets.

    With an ignore mask the score is the highest map value that is left, so it is compared with the map's own
    threshold. That was set on whole maps with the same promise, and a mask can only lower a maximum: the promise
    holds.

    Args:
        calibration: of the bundle or the station.
        masked: whether a part of the map does not count.
        threshold: the station's own raw threshold, which wins.
        min_region_px: the station's own least area of a region, pixels of the frame, which wins.

    Raises:
        CalibrationError: there is a mask, and the model has no map.
    """
    if not masked:
        own, quantiles = calibration.threshold, calibration.quantiles
    elif calibration.pixel_threshold is not None:
        own, quantiles = calibration.pixel_threshold, calibration.peak_quantiles
    else:
        raise CalibrationError(
            "a mask needs a model with an anomaly map and its threshold, this one has none",
            hint="remove ignore and mask from the station file, or use another model",
        )
    return Limits(
        threshold=own if threshold is None else threshold,
        pixel_threshold=calibration.pixel_threshold,
        quantiles=quantiles,
        good_parts=calibration.pictures,
        least_cells=calibration.min_region_px,
        least_area_px=min_region_px,
    )


@dataclass(frozen=True)
class Judge:
    """Judges raw results by one set of limits.

    Attributes:
        limits: of the calibration in force.
        model: named in every inspection.
    """

    limits: Limits
    model: ModelId

    def above(self, threshold: float) -> Judge:
        """The same with another raw threshold."""
        return replace(self, limits=replace(self.limits, threshold=threshold))

    def inspect(
        self,
        frame: Frame,
        raw: Raw,
        *,
        device: str,
        waited_ms: float,
        box: Box | None = None,
        mask: Mask | None = None,
        part_id: str | None = None,
    ) -> Inspection:
        """Compares the score with the threshold and finds where the map stands out.

        A score or a map that is not finite gives ``unknown``, never ``good``.

        Args:
            frame: the frame the result belongs to.
            raw: what the graph gave.
            device: that it ran on.
            waited_ms: between the frame's arrival and the start of its preparation.
            box: the part of the frame that the model saw; None for all of it.
            mask: bool [h, w] of the map, False where it does not count; None where all of it does.
            part_id: the part that was asked about, in trigger mode.
        """
        began = time.perf_counter()
        raw = raw if mask is None else masked(raw, mask)
        verdict, reason = self._verdict(raw)
        finite = verdict is not Verdict.UNKNOWN
        peak: tuple[int, int] | None = None
        regions: tuple[Region, ...] = ()
        if finite and raw.anomaly_map is not None:
            seen = box or Box(0, 0, frame.pixels.shape[1], frame.pixels.shape[0])
            peak = _peak(raw.anomaly_map, seen)
            regions = self._regions(raw.anomaly_map, seen)
        known = finite and len(self.limits.quantiles) > 1
        spent = (time.perf_counter() - began) * 1e3
        return Inspection(
            frame=frame,
            model=self.model,
            verdict=verdict,
            score=raw.score,
            threshold=self.limits.threshold,
            percentile=percentile(raw.score, self.limits.quantiles) if known else None,
            good_parts=self.limits.good_parts if known else None,
            anomaly_map=raw.anomaly_map if finite else None,
            peak=peak,
            regions=regions,
            latency=Latency(waited_ms, raw.preprocess_ms, raw.inference_ms, spent),
            device=device,
            reason=reason,
            part_id=part_id,
            box=box,
            pixel_threshold=self.limits.pixel_threshold,
        )

    def unknown(
        self, frame: Frame, reason: str, *, device: str, waited_ms: float, part_id: str | None = None
    ) -> Inspection:
        """The verdict on a part in a frame that cannot be judged.

        Args:
            frame: the frame.
            reason: why not, one line.
            device: that would have judged it.
            waited_ms: between the frame's arrival and now.
            part_id: the part that was asked about, in trigger mode.
        """
        return Inspection(
            frame=frame,
            model=self.model,
            verdict=Verdict.UNKNOWN,
            score=math.nan,
            threshold=self.limits.threshold,
            percentile=None,
            anomaly_map=None,
            peak=None,
            regions=(),
            latency=Latency(waited_ms, 0.0, 0.0, 0.0),
            device=device,
            reason=reason,
            part_id=part_id,
        )

    def _regions(self, anomaly_map: Array, box: Box) -> tuple[Region, ...]:
        limits = self.limits
        cells = limits.least_cells
        if limits.least_area_px is not None:
            cells = math.ceil(limits.least_area_px * anomaly_map.size / (box.height * box.width))
        return find_regions(anomaly_map, limits.pixel_threshold, box, least_cells=cells)

    def _verdict(self, raw: Raw) -> tuple[Verdict, str]:
        if not math.isfinite(raw.score):
            return Verdict.UNKNOWN, "the score is not finite"
        if raw.anomaly_map is not None and not np.isfinite(raw.anomaly_map).all():
            return Verdict.UNKNOWN, "the anomaly map is not finite"
        return (Verdict.ANOMALOUS if raw.score > self.limits.threshold else Verdict.GOOD), ""


def masked(raw: Raw, mask: Mask) -> Raw:
    """The score is the highest value that counts; what does not count is shown as low as the lowest that does."""
    if raw.anomaly_map is None:
        return replace(raw, score=math.nan)
    counting = raw.anomaly_map[mask]
    anomaly_map = np.where(mask, raw.anomaly_map, counting.min())
    score = float(counting.max()) if math.isfinite(raw.score) else raw.score
    return replace(raw, score=score, anomaly_map=anomaly_map)


def _peak(anomaly_map: Array, box: Box) -> tuple[int, int]:
    """(x, y) of the maximum: the centre of its map pixel, in pixels of the frame."""
    row, column = np.unravel_index(int(anomaly_map.argmax()), anomaly_map.shape)
    down, right = box.height / anomaly_map.shape[0], box.width / anomaly_map.shape[1]
    return box.x + int((column + 0.5) * right), box.y + int((row + 0.5) * down)
