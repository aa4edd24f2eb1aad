"""What the parts before one camera are measured with; changed as a whole, between two frames."""

from __future__ import annotations

import logging
import math

from edge.area import Area, AreaPlan
from edge.errors import ConfigError
from edge.health.camera_faults.watch import FaultWatch
from edge.health.drift.watch import DriftWatch
from edge.inference.card import ModelCard
from edge.inference.fallback import SteadyEngine
from edge.inference.judge import Judge, Mask
from edge.log import log_event
from edge.verdict import Box

MOST_SIZES = 8
CELL_PX = 16  # a model's window is made of whole cells, see train.models.window
SIDES = ("top", "bottom", "left", "right")
log = logging.getLogger(__name__)


class Gauge:
    """A model, the limits of this camera, and what belongs to both.

    Args:
        engine: the compiled bundle.
        judge: with the limits of this camera.
        plan: what of the picture is inspected.
        faults: looks for camera faults, against what the calibration of this model saw.
        drift: compares the parts with those of that calibration.
    """

    def __init__(
        self, engine: SteadyEngine, judge: Judge, plan: AreaPlan, faults: FaultWatch, drift: DriftWatch
    ) -> None:
        self.engine = engine
        self.judge = judge
        self.plan = plan
        self.faults = faults
        self.drift = drift
        self.settings_limits = judge.limits
        self._areas: dict[tuple[int, ...], tuple[Area, Mask | None]] = {}
        self._drawn_for: tuple[int, ...] | None = None

    def judge_above(self, threshold: float | None) -> None:
        """Judges the next frame by another raw threshold; None goes back to the one of the settings."""
        self.judge = self.judge.above(self.settings_limits.threshold if threshold is None else threshold)

    def area(self, camera: str, shape: tuple[int, ...]) -> tuple[Area, Mask | None]:
        """The area in frames of this size, and its mask at the model's size; worked out once for each size.

        Raises:
            ConfigError: the region of interest does not fit the frame, or the model sees nothing of it.
        """
        known = self._areas.get(shape)
        if known is None:
            known = self._worked_out(camera, shape)
            if len(self._areas) < MOST_SIZES:
                self._areas = self._areas | {shape: known}
        return known

    def unfit(self, shape: tuple[int, ...]) -> str:
        """Why a frame of this size cannot be judged, as what is inspected was drawn for another; empty if it fits.

        The first frame's size is the one that was drawn for. A camera that comes back with another one shows
        another place at the same pixels.
        """
        if self.plan.whole:
            return ""
        if self._drawn_for is None:
            self._drawn_for = shape
        if shape == self._drawn_for:
            return ""
        (rows, columns), (height, width) = shape[:2], self._drawn_for[:2]
        return f"the frame is {columns}x{rows}, the region of interest was drawn for {width}x{height}"

    def _worked_out(self, camera: str, shape: tuple[int, ...]) -> tuple[Area, Mask | None]:
        area = self.plan.area(shape[0], shape[1])
        mask = area.mask_at(self.engine.size)
        if mask is not None and not mask.any():
            raise ConfigError(
                "what is to be inspected is too thin for the model to see",
                hint="draw a wider region of interest, or ignore less of it",
            )
        if mask is not None and not mask[_window(self.engine.bundle.card)].any():
            raise ConfigError(
                "what is to be inspected lies outside the window that the model looks at",
                hint="inspect the place of the part, or train a model with less cut off",
            )
        size = area.box or Box(0, 0, shape[1], shape[0])
        for spot in self.faults.blind_to(size.height, size.width):
            log_event(log, "camera_faults_unseen", camera=camera, unseen=spot)
        return area, mask


def _window(card: ModelCard) -> tuple[slice, slice]:
    """Rows and columns of its picture that a model looks at: all, but for what its options cut off."""
    top, bottom, left, right = (_share(card.options.get(f"cut_{side}")) for side in SIDES)
    return _kept(card.height, top, bottom), _kept(card.width, left, right)


def _share(option: object) -> float:
    return option if isinstance(option, float | int) else 0.0


def _kept(side: int, before: float, after: float) -> slice:
    first, behind = before * side / CELL_PX, (1 - after) * side / CELL_PX
    return slice(math.floor(first) * CELL_PX, math.ceil(behind) * CELL_PX)
