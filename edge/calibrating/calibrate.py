"""From good parts to the station's own thresholds, in the order in which things are done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.area import AreaPlan
from edge.calibrating.asked import Asked
from edge.calibrating.folder import scored
from edge.calibrating.gathered import Gathered
from edge.calibrating.live import shown
from edge.calibrating.suspects import suspects_among
from edge.errors import CalibrationError, PictureError
from edge.health.camera_faults.blind import blind_spots
from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.taking import ReferenceTaker
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.calibrate import calibrate
from edge.inference.card import Calibration
from edge.inference.engine import Engine
from edge.inference.override import calibration_of, write_override
from edge.output import writable_folder
from edge.pictures import find_pictures, readable


class GoodParts(Protocol):
    """Where good parts come from."""

    total: int  # to be had at most
    fitted: int  # left out, as the model was fitted on them
    copies: int  # left out, as another one is the same file
    again: str  # options that score the same parts again

    @property
    def skipped(self) -> Sequence[Path]:
        """Pictures that could not be decoded."""

    def fill(self, engine: Engine, gathered: Gathered) -> None:
        """Scores them."""


@dataclass(frozen=True)
class Calibrated:
    """What a calibration gave.

    Attributes:
        bundle: the model.
        calibration: for this station; in force once it is written.
        before: threshold that was in force; None where the station's file was for another model or damaged.
        fitted: pictures left out because the model was fitted on them.
        copies: pictures left out because another one is the same file.
        skipped: pictures that could not be decoded.
        suspects: names of pictures that may show defects, highest score first.
        above_before: of the parts that count, those that the threshold before calls anomalous.
    """

    bundle: Bundle
    calibration: Calibration
    before: float | None
    fitted: int
    copies: int
    skipped: tuple[Path, ...]
    suspects: tuple[str, ...]
    above_before: int = 0

    @property
    def blind_spots(self) -> tuple[str, ...]:
        """Faults of the camera that these pictures give no means to find, one line each."""
        view = self.calibration.view
        return blind_spots(view, FaultOptions(), *(view.size if view else (0, 0)))

    def write(self) -> Path:
        """Puts it in force at this station; returns the file.

        Raises:
            CalibrationError: the file cannot be written.
        """
        return write_override(self.bundle, self.calibration)


def calibrate_on(model: Path, parts_of: Callable[[Bundle], GoodParts], asked: Asked) -> Calibrated:
    """Scores good parts with a bundle on the device that will run it, and works out the station's thresholds.

    What the camera shows of them becomes the reference for faults of the camera; that of the model stays where
    they are too few.

    Args:
        model: the .xml file of a bundle.
        parts_of: opens where the good parts come from.
        asked: how the threshold is to be set.

    Raises:
        PictureError: no pictures, or none that can be used.
        CalibrationError: too few for the rate, defects among them, or scores that are all equal, not finite or at
            the model's upper end; the old threshold stays.
        UsageError: the model's folder cannot be written to.
    """
    bundle = load_bundle(model)
    parts = parts_of(bundle)
    asked.check_enough(parts.total, parts.copies)
    writable_folder(model.parent)
    engine = Engine(bundle, device=asked.device, hint="throughput", precision=asked.arithmetic)
    before = _threshold_in_force(bundle, engine.device)
    gathered = Gathered(ReferenceTaker(bundle.card.fitting.picture), asked.plan)
    with shown(gathered, asked, parts.total):
        parts.fill(engine, gathered)
    asked.check_enough(len(gathered.scores))
    suspects = suspects_among(gathered, asked, asked.sheet or model.with_suffix(".suspects.png"), parts.again)
    _check_reachable(bundle, min(gathered.scores))
    left_out = suspects if asked.suspects == "leave out" else ()
    calibration = _calibrated(gathered, left_out, engine, asked)
    _check_reachable(bundle, calibration.threshold)
    above = 0 if before is None else sum(score > before for score in gathered.without(left_out)[0])
    names = tuple(gathered.names[number] for number in suspects)
    return Calibrated(bundle, calibration, before, parts.fitted, parts.copies, tuple(parts.skipped), names, above)


def _calibrated(gathered: Gathered, left_out: tuple[int, ...], engine: Engine, asked: Asked) -> Calibration:
    scores, peaks = gathered.without(left_out)
    defective = _defective(asked.defective, engine, asked.plan) if asked.defective else None
    card = engine.bundle.card
    return calibrate(
        scores,
        peaks or None,
        maps=gathered.maps_without(left_out),
        method=asked.method,
        false_alarm_rate=asked.false_alarm_rate,
        device=engine.device,
        precision=card.precision,
        arithmetic=engine.arithmetic,
        view=gathered.view.reference() or card.calibration.view,
        defective=defective.scores if defective else None,
        defective_peaks=defective.peaks or None if defective else None,
        left_out=len(left_out),
        by="calibrate",
    )


def _defective(folder: Path, engine: Engine, plan: AreaPlan) -> Gathered:
    gathered = Gathered(ReferenceTaker(engine.bundle.card.fitting.picture), plan)
    for part in scored(engine, readable(find_pictures(folder), [])):
        gathered.add(part)
    if not gathered.scores:
        raise PictureError(f"none of the pictures in {folder} can be decoded")
    return gathered


def _check_reachable(bundle: Bundle, threshold: float) -> None:
    """Refuses a threshold that no part could exceed, because the model cuts its scores off there."""
    highest = bundle.card.highest_score
    if highest is not None and threshold >= highest:
        raise CalibrationError(
            f"good parts reach {threshold:g}, the highest score that {bundle.path} can give",
            hint="it would never alarm: use pictures like those it was trained on, or train a new model",
        )


def _threshold_in_force(bundle: Bundle, device: str) -> float | None:
    try:
        return calibration_of(bundle, device).threshold
    except CalibrationError:  # to be replaced by the new one, which is what its message asks for
        return None
