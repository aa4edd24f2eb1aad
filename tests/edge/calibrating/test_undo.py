from __future__ import annotations

import errno
import os
from datetime import timedelta
from pathlib import Path

import pytest

from edge.calibrating.undo import undo_calibration
from edge.errors import CalibrationError
from edge.inference.bundle import load_bundle
from edge.inference.override import calibrations_of, override_path, write_override


@pytest.fixture
def calibrated(own_bundle: Path) -> Path:
    """A model with calibrations for the CPU and for a device that is not here."""
    bundle = load_bundle(own_bundle)
    own = bundle.card.calibration
    later = own.model_copy(update={"device": "NPU", "time": own.time + timedelta(hours=1)})
    write_override(bundle, own.model_copy(update={"device": "CPU"}))
    write_override(bundle, later)
    return own_bundle


@pytest.mark.parametrize(("device", "left"), [("AUTO", ["NPU"]), ("cpu", ["NPU"]), ("NPU", ["CPU"])])
def test_only_that_of_the_device_that_is_meant_goes(calibrated: Path, device: str, left: list[str]) -> None:
    assert undo_calibration(calibrated, device) == override_path(calibrated)
    assert list(calibrations_of(load_bundle(calibrated))) == left


def test_a_calibration_before_comes_back_first_and_then_the_models_own(calibrated: Path) -> None:
    """Who regrets a proposal that was accepted does not mean the calibration of last month as well."""
    bundle = load_bundle(calibrated)
    first = calibrations_of(bundle)["CPU"]
    write_override(bundle, first.model_copy(update={"threshold": first.threshold + 1, "by": "propose"}))
    assert undo_calibration(calibrated, "CPU") == override_path(calibrated)
    assert calibrations_of(bundle)["CPU"] == first
    undo_calibration(calibrated)
    assert not override_path(calibrated).exists() and undo_calibration(calibrated) is None


def test_a_disk_that_refuses_is_one_line(calibrated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is the seam: mounted for reading only."""

    def read_only(self: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))

    with monkeypatch.context() as patch:
        patch.setattr("edge.inference.override.Path.unlink", read_only)
        with pytest.raises(CalibrationError, match="cannot remove .*: Read-only file system; check the folder"):
            undo_calibration(calibrated)
    assert len(calibrations_of(load_bundle(calibrated))) == 2
