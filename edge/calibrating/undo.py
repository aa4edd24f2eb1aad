"""Back to the model's own thresholds."""

from __future__ import annotations

from pathlib import Path

from edge.errors import BundleError
from edge.inference.bundle import load_bundle
from edge.inference.devices import available_devices, candidates
from edge.inference.override import delete_override, override_path, remove_override


def undo_calibration(model: Path, device: str | None = None) -> Path | None:
    """Removes the station's own thresholds; None where there were none.

    Args:
        model: the .xml file of a bundle.
        device: only those for this kind of device, e.g. CPU, or AUTO for the one that judges; None for all, a
            damaged file too.

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
        return path if remove_override(load_bundle(model), _judging(device)) else None
    delete_override(model)
    return path


def _judging(device: str) -> str:
    if device.upper() != "AUTO":
        return device.upper()  # one that is not here, too
    import openvino as ov

    return candidates(device, available_devices(ov.Core()))[0]
