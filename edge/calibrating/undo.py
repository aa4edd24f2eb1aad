"""Back to the thresholds before: those of an earlier calibration, or the model's own."""

from __future__ import annotations

from pathlib import Path

from edge.errors import BundleError, CalibrationError
from edge.inference.bundle import load_bundle
from edge.inference.devices import available_devices, candidates
from edge.inference.override import calibrations_of, delete_override, override_path, undo_override


def undo_calibration(model: Path, device: str | None = None) -> Path | None:
    """Takes the station's last calibration back; None where there was none.

    Args:
        model: the .xml file of a bundle.
        device: only that for this kind of device, e.g. CPU, or AUTO for the one that judges; None for all, and a
            file that is damaged or of another model goes as a whole.

    Raises:
        BundleError: there is no such model either.
        CalibrationError: the file cannot be removed; with a device, it cannot be understood or is for another
            model.
    """
    path = override_path(model)
    if not path.exists():
        if not model.exists():
            raise BundleError(f"no such file: {model}", hint="--model takes the .xml file of a bundle")
        return None
    if device is not None:
        return path if undo_override(load_bundle(model), _judging(device)) else None
    try:
        bundle = load_bundle(model)
        calibrations_of(bundle)
    except (BundleError, CalibrationError):
        delete_override(model)
    else:
        undo_override(bundle)
    return path


def _judging(device: str) -> str:
    if device.upper() != "AUTO":
        return device.upper()  # one that is not here, too
    import openvino as ov

    return candidates(device, available_devices(ov.Core()))[0]
