from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from edge.errors import CalibrationError
from edge.inference.bundle import load_bundle
from edge.inference.override import (
    calibration_of,
    calibrations_of,
    foreign_device,
    override_path,
    undo_override,
    write_override,
)
from tests.edge.inference.conftest import MakeCalibration, WriteToy

FIELDS_OF_OLD = {
    *("method", "false_alarm_rate", "threshold", "pixel_threshold", "pictures"),
    *("quantiles", "peak_quantiles", "view", "device", "precision", "time"),
}


def test_the_stations_own_calibration_wins_and_the_bundle_stays_as_it_was(
    write_toy: WriteToy, make_calibration: MakeCalibration
) -> None:
    bundle = write_toy()
    before = bundle.path.read_bytes()
    assert calibration_of(bundle) == bundle.card.calibration
    own = make_calibration(threshold=12.5)
    path = write_override(bundle, own)
    assert path == override_path(bundle.path)
    assert path.name == "toy.calibration.json"
    assert calibration_of(bundle) == own
    assert bundle.path.read_bytes() == before


def test_a_calibration_for_another_bundle_is_refused(
    write_toy: WriteToy, make_calibration: MakeCalibration
) -> None:
    path = write_override(write_toy(version="1"), make_calibration())
    newer = write_toy(version="2")
    with pytest.raises(CalibrationError, match=f"{path} was made for another model than .*--undo"):
        calibration_of(newer)


def test_each_device_has_its_own_and_gives_it_back_alone(
    write_toy: WriteToy, make_calibration: MakeCalibration
) -> None:
    bundle = write_toy()
    on_cpu = make_calibration(threshold=12.5)
    on_gpu = make_calibration(threshold=13.5, device="GPU.1", time=on_cpu.time + timedelta(hours=1))
    write_override(bundle, on_cpu)
    write_override(bundle, on_gpu)
    assert calibration_of(bundle, "CPU") == on_cpu
    assert calibration_of(bundle, "GPU.0") == on_gpu
    assert calibration_of(bundle, "NPU") == calibration_of(bundle) == on_gpu  # the newest of the station
    write_override(bundle, on_cpu.model_copy(update={"threshold": 14.5}))
    assert {kind: own.threshold for kind, own in calibrations_of(bundle).items()} == {"CPU": 14.5, "GPU": 13.5}
    assert undo_override(bundle, "GPU") and not undo_override(bundle, "GPU")
    assert calibration_of(bundle, "GPU").threshold == 14.5
    assert undo_override(bundle, "CPU")
    assert calibration_of(bundle, "CPU") == on_cpu, "that is what was in force before"
    assert undo_override(bundle, "CPU")
    assert calibration_of(bundle, "CPU") == bundle.card.calibration
    assert not override_path(bundle.path).exists()


def test_two_that_write_at_once_lose_nothing(write_toy: WriteToy, make_calibration: MakeCalibration) -> None:
    """Calibrations of two devices, each of which reads the file before it writes it."""
    bundle = write_toy()
    kinds = [f"DEVICE{number}" for number in range(8)]
    with ThreadPoolExecutor(len(kinds)) as pool:
        written = pool.map(lambda kind: write_override(bundle, make_calibration(device=kind)), kinds)
        assert len(list(written)) == len(kinds)
    assert sorted(calibrations_of(bundle)) == kinds


def test_a_file_of_the_first_schema_is_still_in_force(
    write_toy: WriteToy, make_calibration: MakeCalibration
) -> None:
    bundle = write_toy()
    old = make_calibration(threshold=12.5).model_dump(mode="json", include=FIELDS_OF_OLD)
    content = {"schema": 1, "bundle_sha256": bundle.sha256, "calibration": old}
    override_path(bundle.path).write_text(json.dumps(content))
    found = calibration_of(bundle, "CPU")
    assert (found.threshold, found.promised, found.false_alarm_rate) == (12.5, 0.05, 0.05)
    write_override(bundle, make_calibration(threshold=9.0, device="NPU"))
    assert calibration_of(bundle, "CPU").threshold == 12.5


@pytest.mark.parametrize("content", ["", "{}", '{"schema": 1}', "\udcff", "[1, 2]"])
def test_a_file_that_is_no_calibration_is_refused(write_toy: WriteToy, content: str) -> None:
    bundle = write_toy()
    override_path(bundle.path).write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(CalibrationError, match="is not a calibration; calibrate again, or remove it"):
        calibration_of(bundle)


def test_a_threshold_that_is_not_finite_cannot_be_smuggled_in(
    write_toy: WriteToy, make_calibration: MakeCalibration
) -> None:
    bundle = write_toy()
    path = write_override(bundle, make_calibration(threshold=12.5))
    path.write_text(path.read_text().replace("12.5", "1e999"))
    with pytest.raises(CalibrationError, match="is not a calibration"):
        calibration_of(bundle)


def test_a_full_disk_leaves_the_calibration_before(
    write_toy: WriteToy, make_calibration: MakeCalibration, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, before = write_toy(), make_calibration(threshold=12.5)
    write_override(bundle, before)

    def full(self: Path, *args: object, **options: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("edge.inference.override.Path.write_bytes", full)
        with pytest.raises(CalibrationError, match="cannot write .*No space left on device"):
            write_override(bundle, make_calibration(threshold=99.0))
    assert calibration_of(bundle) == before
    assert sorted(path.name for path in bundle.path.parent.iterdir()) == [
        "toy.bin",
        "toy.calibration.json",
        "toy.xml",
    ]


@pytest.mark.parametrize(
    ("set_on", "judges", "warns"),
    [
        ("CPU", "CPU", False),
        ("GPU.0", "GPU.1", False),
        ("CPU", "GPU", True),
        ("CPU", "NPU", True),
        ("torch", "CPU", True),
    ],
)
def test_a_threshold_of_another_device_is_told(tiny_bundle: Path, set_on: str, judges: str, warns: bool) -> None:
    calibration = load_bundle(tiny_bundle).card.calibration.model_copy(update={"device": set_on})
    warning = foreign_device(calibration, judges)
    assert bool(warning) is warns
    if warns:
        assert warning == f"the threshold was set on {set_on}, {judges} will judge: calibrate on {judges}"


def test_a_threshold_of_another_precision_is_told(make_calibration: MakeCalibration) -> None:
    calibration = make_calibration(precision="fp32")
    assert foreign_device(calibration, "CPU", "fp32") == foreign_device(calibration, "CPU") == ""
    warning = "the threshold was set with a network of fp32, one of int8 will judge: calibrate on CPU"
    assert foreign_device(calibration, "CPU", "int8") == warning
