"""What the parts before one camera are measured with; changed as a whole, between two frames."""

from __future__ import annotations

import logging

from edge.health.camera_faults.watch import FaultWatch
from edge.inference.fallback import SteadyEngine
from edge.inference.judge import Judge, Mask
from edge.inspection.area import Area, AreaPlan
from edge.log import log_event
from edge.verdict import Box

log = logging.getLogger(__name__)


class Gauge:
    """A model, the limits of this camera, and what belongs to both.

    Args:
        engine: the compiled bundle.
        judge: with the limits of this camera.
        plan: what of the picture is inspected.
        faults: looks for camera faults, against what the calibration of this model saw.
    """

    def __init__(self, engine: SteadyEngine, judge: Judge, plan: AreaPlan, faults: FaultWatch) -> None:
        self.engine = engine
        self.judge = judge
        self.plan = plan
        self.faults = faults
        self.settings_limits = judge.limits
        self._areas: dict[tuple[int, ...], tuple[Area, Mask | None]] = {}

    def judge_above(self, threshold: float | None) -> None:
        """Judges the next frame by another raw threshold; None goes back to the one of the settings."""
        self.judge = self.judge.above(self.settings_limits.threshold if threshold is None else threshold)

    def area(self, camera: str, shape: tuple[int, ...]) -> tuple[Area, Mask | None]:
        """The area in frames of this size, and its mask at the model's size; worked out once for each size.

        Raises:
            ConfigError: the region of interest does not fit the frame.
        """
        if shape not in self._areas:
            area = self.plan.area(shape[0], shape[1])
            size = area.box or Box(0, 0, shape[1], shape[0])
            for spot in self.faults.blind_to(size.height, size.width):
                log_event(log, "camera_faults_unseen", camera=camera, unseen=spot)
            self._areas = {shape: (area, area.mask_at(self.engine.size))}
        return self._areas[shape]
