"""One frame's way to its verdict: is the picture sound, what of it counts, what does the model say."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from edge.errors import DeviceError, ScoresDifferError
from edge.frame import Frame
from edge.health.camera_faults.watch import FaultWatch
from edge.inference.engine import Prepared
from edge.inference.fallback import SteadyEngine
from edge.inference.judge import Judge, Mask
from edge.inspection.area import Area, AreaPlan
from edge.log import log_event
from edge.pictures import Picture
from edge.verdict import Box, Inspection

log = logging.getLogger(__name__)


class Examination:
    """Examines the frames of one camera; several lanes may, each a frame of its own.

    A picture that cannot be trusted gives ``unknown``: a camera fault is no fault of the part. So does a frame on
    which the device failed, and every frame once a lost device was replaced by one that gives other scores. Two
    failures in a row end the camera.

    Args:
        engine: the compiled bundle.
        judge: with the limits of this camera.
        plan: what of the picture is inspected.
        faults: looks for camera faults.
        found: told for each frame what it suffers from, empty for nothing.
    """

    def __init__(
        self, engine: SteadyEngine, judge: Judge, plan: AreaPlan, faults: FaultWatch, found: Callable[[str], None]
    ) -> None:
        self._engine = engine
        self._judge = judge
        self._plan = plan
        self._faults = faults
        self._found = found
        self._one_looks = threading.Lock()  # the watch compares each frame with those before it
        self._areas: dict[tuple[int, ...], tuple[Area, Mask | None]] = {}
        self._failed_before = False

    @property
    def threshold(self) -> float:
        """The raw score above which a part is anomalous."""
        return self._judge.limits.threshold

    def examine(self, frame: Frame, *, part_id: str | None = None) -> Inspection:
        """Gives the verdict on the part in a frame.

        Raises:
            DeviceError: two frames in a row failed on the device.
            ConfigError: the region of interest does not fit the frame.
        """
        waited_ms = (time.monotonic_ns() - frame.captured_ns) / 1e6
        if frame.fault:
            self._found(frame.fault)
            return self._unknown(frame, frame.fault, waited_ms, part_id)
        area, mask = self._area(frame.camera, frame.pixels.shape)
        pixels = area.cut(frame.pixels)
        prepared = self._engine.prepare(pixels)
        if fault := self._fault(frame, pixels, prepared):
            return self._unknown(frame, fault, waited_ms, part_id)
        try:
            raw = self._engine.run(prepared)
        except DeviceError as error:
            if self._failed_before and not isinstance(error, ScoresDifferError):
                raise
            self._failed_before = True
            return self._unknown(frame, error.message, waited_ms, part_id)
        self._failed_before = False
        return self._judge.inspect(
            frame, raw, device=self._engine.device, waited_ms=waited_ms, box=area.box, mask=mask, part_id=part_id
        )

    def _fault(self, frame: Frame, pixels: Picture, prepared: Prepared) -> str:
        with self._one_looks:
            fault = self._faults.look(pixels, prepared.picture, frame.captured_ns)
            self._found(fault)
            return fault

    def _unknown(self, frame: Frame, reason: str, waited_ms: float, part_id: str | None) -> Inspection:
        return self._judge.unknown(frame, reason, device=self._engine.device, waited_ms=waited_ms, part_id=part_id)

    def _area(self, camera: str, shape: tuple[int, ...]) -> tuple[Area, Mask | None]:
        """The area in frames of this size, and its mask at the model's size; worked out once for each size."""
        if shape not in self._areas:
            area = self._plan.area(shape[0], shape[1])
            size = area.box or Box(0, 0, shape[1], shape[0])
            for spot in self._faults.blind_to(size.height, size.width):
                log_event(log, "camera_faults_unseen", camera=camera, unseen=spot)
            self._areas = {shape: (area, area.mask_at(self._engine.size))}
        return self._areas[shape]
