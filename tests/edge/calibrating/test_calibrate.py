from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration import conformal, methods
from edge import output
from edge.calibrating.undo import undo_calibration
from edge.errors import BundleError, CalibrationError, PictureError, UsageError
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.inference.override import calibration_of, override_path
from edge.inference.regions import least_cells
from edge.pictures import find_pictures, read_picture, short_digest
from tests.conftest import GOOD, plates_in
from tests.edge.calibrating.on_folder import calibrate_in


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "station"
    folder.mkdir()
    for path in (tiny_bundle, tiny_bundle.with_suffix(".bin")):
        shutil.copy(path, folder / path.name)
    return folder / tiny_bundle.name


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Thirty good parts that the model has not seen."""
    return plates_in(tmp_path / "good", 30, seed=99)


def test_the_stations_threshold_is_that_of_its_own_good_parts(bundle: Path, good: Path) -> None:
    done = calibrate_in(bundle, good, 0.1)
    loaded = load_bundle(bundle)
    engine = Engine(loaded, device="CPU")
    raws = [engine.infer(read_picture(path)) for path in find_pictures(good)]
    scores = [raw.score for raw in raws]
    assert done.calibration.threshold == pytest.approx(conformal.threshold(scores, 0.1), rel=1e-6)
    peaks = [float(raw.anomaly_map.max()) for raw in raws if raw.anomaly_map is not None]
    assert done.calibration.pixel_threshold == pytest.approx(conformal.threshold(peaks, 0.1), rel=1e-6)
    limit = done.calibration.pixel_threshold
    maps = [raw.anomaly_map for raw in raws if raw.anomaly_map is not None]
    assert limit is not None and done.calibration.min_region_px == least_cells(maps, limit) > 0
    assert done.before == loaded.card.calibration.threshold
    assert (done.fitted, done.skipped, done.calibration.pictures) == (0, (), 30)
    assert calibration_of(loaded) == done.calibration
    assert undo_calibration(bundle) == override_path(bundle)
    assert calibration_of(loaded) == loaded.card.calibration
    assert undo_calibration(bundle) is None


def test_pictures_that_the_model_was_fitted_on_are_left_out_by_content(
    bundle: Path, good: Path, tiny_dataset: Path
) -> None:
    fitted = set(load_bundle(bundle).card.training.fitted)
    training = find_pictures(tiny_dataset / "train" / "good")
    assert len(fitted) == GOOD - 5  # one in five was kept aside
    for number, path in enumerate(training):
        shutil.copy(path, good / f"renamed-{number}.png")
    done = calibrate_in(bundle, good, 0.1)
    assert done.fitted == sum(short_digest(path) in fitted for path in training) == GOOD - 5
    assert done.calibration.pictures == 30 + 5


def test_only_pictures_that_were_fitted_on_give_no_threshold(
    bundle: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    fitted = set(load_bundle(bundle).card.training.fitted)
    folder = tmp_path / "fitted"
    folder.mkdir()
    for path in find_pictures(tiny_dataset / "train" / "good"):
        if short_digest(path) in fitted:
            shutil.copy(path, folder)
    with pytest.raises(CalibrationError, match="was fitted on all 19 pictures in .*has not seen"):
        calibrate_in(bundle, folder, 0.1)


def test_damaged_pictures_are_left_out_and_named(bundle: Path, good: Path) -> None:
    broken = good / "005.png"
    broken.write_bytes(broken.read_bytes()[:200])
    done = calibrate_in(bundle, good, 0.1)
    assert done.skipped == (broken,)
    assert done.calibration.pictures == 29


def test_too_few_pictures_leave_the_threshold_as_it_is(bundle: Path, good: Path) -> None:
    first = calibrate_in(bundle, good, 0.1)
    with pytest.raises(CalibrationError, match="needs 99 good parts, there are 30; give more good pictures"):
        calibrate_in(bundle, good, 0.01, device="no device: nothing is scored for this")
    assert calibration_of(load_bundle(bundle)) == first.calibration


def test_too_few_that_can_be_decoded_are_too_few(bundle: Path, good: Path) -> None:
    for path in find_pictures(good)[8:]:
        path.write_text("no picture")
    with pytest.raises(CalibrationError, match="needs 9 good parts, there are 8"):
        calibrate_in(bundle, good, 0.1)


def test_a_folder_that_cannot_be_written_is_found_before_the_work(
    bundle: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is the seam: mounted for reading only, which the root of a container cannot be shown otherwise."""

    def read_only(dir: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(dir))

    monkeypatch.setattr(output.tempfile, "TemporaryFile", read_only)
    with pytest.raises(UsageError, match="cannot write to .*station: Read-only file system"):
        calibrate_in(bundle, good, 0.1, device="no device: nothing is scored for this")


def test_scores_that_say_nothing_give_no_threshold(undefined_for_black: Path, tmp_path: Path) -> None:
    """One picture over and over; and scores that are no numbers."""
    folder = plates_in(tmp_path / "good", 12, seed=3)
    whole = (folder / "000.png").read_bytes()
    for number, path in enumerate(find_pictures(folder)[1:]):
        path.write_bytes(whole + bytes([number]))  # files that differ, of one picture
    with pytest.raises(CalibrationError, match="cannot calibrate: all 12 scores are equal"):
        calibrate_in(undefined_for_black, folder, 0.1)
    for number in range(2):
        cv2.imwrite(str(folder / f"{number:03}.png"), np.zeros((16, 16 + number, 3), np.uint8))
    with pytest.raises(CalibrationError, match="cannot calibrate: 2 of 12 scores are not finite"):
        calibrate_in(undefined_for_black, folder, 0.1)
    assert not override_path(undefined_for_black).exists()


def test_methods_by_defects_take_them_from_their_folder(bundle: Path, good: Path, tiny_dataset: Path) -> None:
    blobs = tiny_dataset / "test" / "blob"
    done = calibrate_in(bundle, good, 0.1, method="youden", defective=blobs)
    engine = Engine(load_bundle(bundle), device="CPU")
    scores = {
        folder: [engine.infer(read_picture(path)).score for path in find_pictures(folder)]
        for folder in (good, blobs)
    }
    expected = methods.set_threshold(scores[good], method="youden", rate=0.1, defective=scores[blobs])
    assert done.calibration.threshold == pytest.approx(expected.value)
    assert (done.calibration.method, done.calibration.promised) == ("youden", None)


def test_what_cannot_be_asked_is_said_before_anything_is_scored(bundle: Path, good: Path) -> None:
    for asked, line in (
        ({"method": "median"}, "unknown method 'median'; here are: conformal tail"),
        ({"method": "cross-conformal"}, "cross-conformal needs models of folds"),
        ({"method": "f1"}, "method f1 needs pictures of defective parts; give --defective DIR"),
    ):
        with pytest.raises(UsageError, match=line):
            calibrate_in(bundle, good, 0.1, device="no device: nothing is scored for this", **asked)


def test_nothing_readable_is_an_error(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(9):
        (folder / f"{number}.png").write_text(f"no picture {number}")
    with pytest.raises(PictureError, match="none of the pictures in .*notes can be decoded"):
        calibrate_in(bundle, folder, 0.1)


def test_a_file_left_by_another_model_or_damaged_is_replaced(bundle: Path, good: Path, tmp_path: Path) -> None:
    """Its message says to calibrate again, so calibrating again must work."""
    override_path(bundle).write_text("{}")
    with pytest.raises(CalibrationError, match="calibrate again"):
        calibration_of(load_bundle(bundle))
    done = calibrate_in(bundle, good, 0.1)
    assert done.before is None
    assert calibration_of(load_bundle(bundle)) == done.calibration


def test_a_model_that_is_not_there_is_named(good: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no such file"):
        calibrate_in(tmp_path / "bottle.xml", good, 0.1)
