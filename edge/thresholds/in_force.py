"""Which threshold judges, and who set it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edge.area import AreaPlan, area_plan_of
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.card import Calibration
from edge.inference.devices import available_devices, candidates
from edge.inference.judge import limits_of
from edge.inference.override import calibrated_elsewhere, calibration_of, calibrations_of, override_path
from edge.inspection.chosen import Chosen
from edge.inspection.thresholds import Thresholds
from edge.messaging.outbox import default_state_dir
from edge.thresholds.good_parts import GoodParts, good_parts_of

SetBy = Literal["model", "station", "settings", "control"]


@dataclass(frozen=True)
class InForce:
    """The threshold of one model, at one camera where that is known.

    Attributes:
        bundle: the model.
        calibration: that stands behind it, or would without ``settings`` or ``control``.
        threshold: raw; a part is anomalous when its score is higher.
        good: the good parts that stand behind it, by the scores that it is compared with.
        set_by: the model's card, the station's own calibration, the station file, or a request to the station.
        place: file in which it was found.
        camera: name; None where none is meant.
        device: that will judge.
        masked: it is compared with the highest map value outside an ignore mask.
        warning: where the scores came from another device or precision; else empty.
        plan: what of the camera's picture counts.
        arithmetic: INFERENCE_PRECISION_HINT of the station; None for the model's own.
    """

    bundle: Bundle
    calibration: Calibration
    threshold: float
    good: GoodParts
    set_by: SetBy
    place: str
    camera: str | None
    device: str
    masked: bool
    warning: str
    plan: AreaPlan = AreaPlan()
    arithmetic: str | None = None

    @property
    def calibrated(self) -> bool:
        """Whether it is the calibration's own threshold, so that its promise holds."""
        return self.set_by in ("model", "station")


def in_force(where: Chosen, *, device: str | None = None) -> InForce:
    """Finds the threshold as the station does at its start.

    Args:
        where: the model, and the camera it judges at.
        device: that will judge; that of the station file if None.

    Raises:
        EdgeAdError: the model cannot be loaded, or one of the files not be understood.
    """
    import openvino as ov

    judges = candidates(device or where.config.device, available_devices(ov.Core()))[0]
    bundle = load_bundle(where.model)
    calibration = calibration_of(bundle, judges)
    plan = area_plan_of(where.camera) if where.camera else AreaPlan()
    own, set_by, place = _set_by_hand(where, bundle)
    if own is None:
        set_by = "station" if calibration in calibrations_of(bundle).values() else "model"
        place = str(override_path(bundle.path) if set_by == "station" else bundle.path)
    limits = limits_of(calibration, masked=plan.masks, threshold=own)
    return InForce(
        bundle=bundle,
        calibration=calibration,
        threshold=limits.threshold,
        good=good_parts_of(calibration, masked=plan.masks),
        set_by=set_by,
        place=place,
        camera=where.camera.name if where.camera else None,
        device=judges,
        masked=plan.masks,
        warning=calibrated_elsewhere(calibration, bundle.card, judges, where.config.inference.precision),
        plan=plan,
        arithmetic=where.config.inference.precision,
    )


def _set_by_hand(where: Chosen, bundle: Bundle) -> tuple[float | None, SetBy, str]:
    """A threshold that somebody set past the calibration: by control, else in the station file."""
    if where.camera is None:
        return where.config.threshold, "settings", "the station's settings"
    thresholds = Thresholds(where.config.state_dir or default_state_dir(where.config.station))
    asked = thresholds.of(where.camera.name, bundle.sha256)
    if asked is not None:
        return asked, "control", str(thresholds.path)
    own = where.camera.threshold if where.camera.threshold is not None else where.config.threshold
    return own, "settings", "the station's settings"
