"""One frame's way to its verdict: is the picture sound, what of it counts, what does the model say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from edge.errors import DeviceError, ScoresDifferError
from edge.frame import Frame
from edge.health.camera_faults.figures import Figures
from edge.inspection.gauge import Gauge
from edge.pictures import Picture
from edge.verdict import Inspection, Verdict


class Examination:
    """Examines the frames of one camera; several lanes may, each a frame of its own.

    A picture that cannot be trusted gives ``unknown``: a camera fault is no fault of the part. So does a frame on
    which the device failed, and every frame once a lost device was replaced by one that gives other scores. Two
    failures in a row end the camera.

    Args:
        gauge: what the parts are measured with.
        drifted: told what has drifted where that changes, empty for nothing any more.
    """

    def __init__(self, gauge: Gauge, drifted: Callable[[str], None]) -> None:
        self._gauge = gauge
        self._drifted = drifted
        self._one_looks = threading.Lock()  # the watch compares each frame with those before it
        self._failed_before = False

    @property
    def gauge(self) -> Gauge:
        """What the next frame is measured with."""
        return self._gauge

    def change(self, gauge: Gauge) -> None:
        """Measures the next frame with another gauge; one that is under way keeps the one it began with."""
        self._gauge = gauge
        self._failed_before = False
        self._drifted(gauge.drift.reason)

    @property
    def threshold(self) -> float:
        """The raw score above which a part is anomalous."""
        return self._gauge.judge.limits.threshold

    def examine(self, frame: Frame, *, part_id: str | None = None) -> Inspection:
        """Gives the verdict on the part in a frame.

        Raises:
            DeviceError: two frames in a row failed on the device.
            ConfigError: the region of interest does not fit the frame.
        """
        gauge = self._gauge
        engine, judge = gauge.engine, gauge.judge
        waited_ms = (time.monotonic_ns() - frame.captured_ns) / 1e6

        def unknown(reason: str, *, unfit_frame: bool = False) -> Inspection:
            return judge.unknown(
                frame, reason, device=engine.device, waited_ms=waited_ms, part_id=part_id, unfit_frame=unfit_frame
            )

        if fault := frame.fault or gauge.unfit(frame.pixels.shape):
            return unknown(fault, unfit_frame=True)
        area, mask = gauge.area(frame.camera, frame.pixels.shape)
        pixels = area.cut(frame.pixels)
        prepared = engine.prepare(pixels)
        figures = Figures(prepared.picture, (pixels.shape[0], pixels.shape[1]))
        with self._one_looks:
            fault = gauge.faults.look(pixels, prepared.picture, frame.captured_ns, figures)
        if fault:
            return unknown(fault, unfit_frame=True)
        try:
            raw = engine.run(prepared)
        except DeviceError as error:
            if self._failed_before and not isinstance(error, ScoresDifferError):
                raise
            self._failed_before = True
            return unknown(error.message)
        self._failed_before = False
        inspection = judge.inspect(
            frame, raw, device=engine.device, waited_ms=waited_ms, box=area.box, mask=mask, part_id=part_id
        )
        self._compare(gauge, inspection, figures)
        return inspection

    def inspected(self, frame: Frame) -> Picture | None:
        """What of a frame is shown to the model, uint8 [H, W, 3] BGR, no copy; None where it cannot be used."""
        gauge = self._gauge
        if frame.fault or gauge.unfit(frame.pixels.shape):
            return None
        area, _ = gauge.area(frame.camera, frame.pixels.shape)
        return area.cut(frame.pixels)

    def pass_over(self, frame: Frame) -> None:
        """Takes in a frame that nobody asked about."""
        gauge = self._gauge
        if not frame.fault and not gauge.unfit(frame.pixels.shape):
            area, _ = gauge.area(frame.camera, frame.pixels.shape)
            with self._one_looks:
                gauge.faults.pass_over(area.cut(frame.pixels), frame.captured_ns)

    def _compare(self, gauge: Gauge, inspection: Inspection, figures: Figures) -> None:
        if inspection.verdict is Verdict.UNKNOWN:
            return
        news = gauge.drift.take(inspection.score, figures, inspection.frame.captured_ns)
        if news is not None and gauge is self._gauge:
            self._drifted(news)
