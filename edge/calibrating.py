"""Calibrating a bundle on site: good pictures to the station's own thresholds, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge import progress
from edge.errors import BundleError, CalibrationError, PictureError
from edge.health.camera_faults.blind import blind_spots
from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.taking import ReferenceTaker
from edge.inference.batch import score_pictures
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.calibrate import calibrate, check_enough
from edge.inference.card import Calibration
from edge.inference.engine import Engine
from edge.inference.override import calibration_of, override_path, write_override
from edge.output import writable_folder
from edge.pictures import find_pictures, readable, short_digest


@dataclass(frozen=True)
class Calibrated:
    """What a calibration gave.

    Attributes:
        calibration: now in force at this station.
        before: threshold that was in force; None where the station's file was for another model or damaged.
        path: the file it was written to.
        fitted: pictures left out because the model was fitted on them.
        skipped: pictures that could not be decoded.
    """

    calibration: Calibration
    before: float | None
    path: Path
    fitted: int
    skipped: tuple[Path, ...]

    @property
    def blind_spots(self) -> tuple[str, ...]:
        """Faults of the camera that these pictures give no means to find, one line each."""
        view = self.calibration.view
        return blind_spots(view, FaultOptions(), *(view.size if view else (0, 0)))


def calibrate_on(model: Path, folder: Path, *, false_alarm_rate: float, device: str) -> Calibrated:
    """Scores good pictures with a bundle on the device that will run it, and writes the station's thresholds.

    What the camera shows of them becomes the reference for faults of the camera; that of the model stays where
    they are too few.

    Raises:
        PictureError: no pictures, or none that can be used.
        CalibrationError: too few for the rate, or scores that are not finite or at the model's upper end; the old
            threshold stays.
        UsageError: the model's folder cannot be written to.
    """
    bundle = load_bundle(model)
    pictures = find_pictures(folder)
    fitted = set(bundle.card.training.fitted if bundle.card.training else ())
    unseen = [path for path in pictures if short_digest(path) not in fitted]
    if not unseen:
        raise CalibrationError(
            f"the model was fitted on all {len(pictures)} pictures in {folder}",
            hint="a threshold needs pictures of good parts that the model has not seen",
        )
    check_enough(len(unseen), false_alarm_rate)
    writable_folder(model.parent)
    before = _threshold_in_force(bundle)
    skipped: list[Path] = []
    with progress.bar("scores of good pictures", len(unseen)) as seen:
        engine = Engine(bundle, device=device, hint="throughput")
        view = ReferenceTaker(bundle.card.fitting.picture)
        raws = [raw for _, raw in score_pictures(engine, view.passing(readable(unseen, skipped)), seen=seen)]
    if not raws:
        raise PictureError(f"none of the pictures in {folder} can be decoded")
    peaks = [float(raw.anomaly_map.max()) for raw in raws if raw.anomaly_map is not None]
    calibration = calibrate(
        [raw.score for raw in raws],
        peaks or None,
        false_alarm_rate=false_alarm_rate,
        device=engine.device,
        precision=bundle.card.precision,
        view=view.reference() or bundle.card.calibration.view,
    )
    _check_reachable(bundle, calibration)
    path = write_override(bundle, calibration)
    return Calibrated(calibration, before, path, len(pictures) - len(unseen), tuple(skipped))


def _check_reachable(bundle: Bundle, calibration: Calibration) -> None:
    """Refuses a threshold that no part could exceed, because the model cuts its scores off there."""
    highest = bundle.card.highest_score
    if highest is not None and calibration.threshold >= highest:
        raise CalibrationError(
            f"good parts reach {calibration.threshold:g}, the highest score that {bundle.path} can give",
            hint="it would never alarm: use pictures like those it was trained on, or train a new model",
        )


def _threshold_in_force(bundle: Bundle) -> float | None:
    try:
        return calibration_of(bundle).threshold
    except CalibrationError:  # to be replaced by the new one, which is what its message asks for
        return None


def undo_calibration(model: Path) -> Path | None:
    """Removes the station's own thresholds; None where there were none.

    Raises:
        BundleError: there is no such model either.
    """
    path = override_path(model)
    if not path.exists():
        if not model.exists():
            raise BundleError(f"no such file: {model}", hint="--model takes the .xml file of a bundle")
        return None
    path.unlink()
    return path
