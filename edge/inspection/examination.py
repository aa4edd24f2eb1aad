"""One frame's way to its verdict: is the picture sound, what of it counts, what does the model say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge.errors import DeviceError, ScoresDifferError
from edge.frame import Frame
from edge.health.camera_faults.figures import Figures
from edge.health.camera_faults.frozen import Glance
from edge.inference.judge import Judge, Mask
from edge.inspection.gauge import Gauge
from edge.pictures import Picture
from edge.verdict import Box, Inspection, Verdict


@dataclass(frozen=True, slots=True)
class Taken:
    """A frame, with all that its place among the camera's frames decides.

    Attributes:
        frame: as the camera gave it.
        gauge: what it is measured with.
        judge: of the gauge, with the threshold then.
        fault: why it cannot be examined, one line; empty where it can.
        pixels: what of it is shown to the model, uint8 [H, W, 3] BGR, no copy; None where it cannot be examined.
        box: where that lies in the frame; None for all of it.
        mask: bool [h, w] of the anomaly map, False where it does not count; None where all of it does.
        glance: at it among the frames before it; None where those are not compared.
    """

    frame: Frame
    gauge: Gauge
    judge: Judge
    fault: str = ""
    pixels: Picture | None = None
    box: Box | None = None
    mask: Mask | None = None
    glance: Glance | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of a frame.

    Attributes:
        inspection: with the verdict.
        gauge: what it was measured with.
        fault: of the camera, one line; empty for a sound picture.
        failure: of the device on this picture; None where there was none, or another picture cannot do better.
        figures: of the picture, where the model gave a result.
    """

    inspection: Inspection
    gauge: Gauge
    fault: str = ""
    failure: DeviceError | None = None
    figures: Figures | None = None


class Examination:
    """Examines the frames of one camera; several lanes may, each a frame of its own.

    Each frame is taken, examined and settled. What depends on other frames is decided while it is taken or
    settled, which is done in the camera's order; frames may be examined in any.

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
        self._one_settles = threading.Lock()  # so that nothing is said of a gauge that was changed
        self._failed_before = False

    @property
    def gauge(self) -> Gauge:
        """What the next frame is measured with."""
        return self._gauge

    def change(self, gauge: Gauge) -> None:
        """Measures the next frame with another gauge; one that was taken keeps its own. Any thread may call it."""
        with self._one_settles:
            self._gauge = gauge
            self._failed_before = False
            self._drifted(gauge.drift.reason)

    @property
    def threshold(self) -> float:
        """The raw score above which a part is anomalous."""
        return self._gauge.judge.limits.threshold

    def take(self, frame: Frame) -> Taken:
        """Takes in the next frame, whether it is examined or passed over; call it in the camera's order.

        Raises:
            ConfigError: the region of interest does not fit the frame.
        """
        gauge = self._gauge
        if fault := frame.fault or gauge.unfit(frame.pixels.shape):
            return Taken(frame, gauge, gauge.judge, fault)
        area, mask = gauge.area(frame.camera, frame.pixels.shape)
        pixels = area.cut(frame.pixels)
        glance = gauge.faults.glance(pixels, frame.captured_ns)
        return Taken(frame, gauge, gauge.judge, pixels=pixels, box=area.box, mask=mask, glance=glance)

    def examine(self, taken: Taken, *, part_id: str | None = None) -> Examined:
        """Gives the verdict on the part in a frame, whatever becomes of the frames before and after it."""
        frame, gauge, judge, engine = taken.frame, taken.gauge, taken.judge, taken.gauge.engine
        waited_ms = (time.monotonic_ns() - frame.captured_ns) / 1e6

        def unknown(reason: str) -> Inspection:
            return judge.unknown(frame, reason, device=engine.device, waited_ms=waited_ms, part_id=part_id)

        if taken.pixels is None:
            return Examined(unknown(taken.fault), gauge, fault=taken.fault)
        prepared = engine.prepare(taken.pixels)
        figures = Figures(prepared.picture, prepared.shape)
        fault = gauge.faults.look(taken.pixels, prepared.picture, frame.captured_ns, figures, glance=taken.glance)
        if fault:
            return Examined(unknown(fault), gauge, fault=fault)
        try:
            raw = engine.run(prepared)
        except ScoresDifferError as error:
            return Examined(unknown(error.message), gauge)
        except DeviceError as error:
            return Examined(unknown(error.message), gauge, failure=error)
        inspection = judge.inspect(
            frame, raw, device=engine.device, waited_ms=waited_ms, box=taken.box, mask=taken.mask, part_id=part_id
        )
        return Examined(inspection, gauge, figures=figures)

    def settle(self, examined: Examined) -> None:
        """Holds a frame's outcome against those of the frames before it; call it in the camera's order.

        Raises:
            DeviceError: two frames in a row failed on the device.
        """
        with self._one_settles:
            if examined.gauge is not self._gauge:
                return
            if examined.failure is not None:
                if self._failed_before:
                    raise examined.failure
                self._failed_before = True
            elif examined.figures is not None:
                self._failed_before = False
                self._compare(examined.inspection, examined.gauge, examined.figures)

    def _compare(self, inspection: Inspection, gauge: Gauge, figures: Figures) -> None:
        if inspection.verdict is Verdict.UNKNOWN:
            return
        news = gauge.drift.take(inspection.score, figures, inspection.frame.captured_ns)
        if news is not None:
            self._drifted(news)
