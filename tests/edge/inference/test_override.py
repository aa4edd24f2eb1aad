from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import CalibrationError
from edge.inference.bundle import load_bundle
from edge.inference.override import calibration_of, foreign_device, override_path, write_override
from tests.edge.inference.conftest import MakeCalibration, WriteToy


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
        patch.setattr("edge.inference.override.Path.write_text", full)
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
