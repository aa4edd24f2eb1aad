"""Where the reference comes from in the field: the export's pictures, then the station's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.watch import FaultWatch
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.inference.override import calibration_of
from edge.pictures import Picture
from tests.conftest import FRAME, GOOD, plate, with_blob
from tests.edge.calibrating.on_folder import calibrate_in


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    for path in (tiny_bundle, tiny_bundle.with_suffix(".bin")):
        shutil.copy(path, tmp_path / path.name)
    return tmp_path / tiny_bundle.name


def good_pictures(folder: Path, count: int, lamp: int = 0) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(99)
    for number in range(count):
        cv2.imwrite(str(folder / f"{number:03}.png"), cv2.add(plate(rng), np.full((*FRAME, 3), lamp, np.uint8)))
    return folder


def test_an_exported_model_knows_the_view_of_all_its_good_pictures(tiny_bundle: Path) -> None:
    view = load_bundle(tiny_bundle).card.calibration.view
    assert view is not None
    assert (view.size, view.pictures) == (FRAME, GOOD)


def test_calibration_takes_the_stations_own_view_in_its_place(bundle: Path, tmp_path: Path) -> None:
    done = calibrate_in(bundle, good_pictures(tmp_path / "good", 12, lamp=30), 0.2)
    in_card = load_bundle(bundle).card.calibration.view
    own = calibration_of(load_bundle(bundle)).view
    assert own is not None and in_card is not None and own == done.calibration.view
    assert own.pictures == 12
    assert own.mean_picture.mean() == pytest.approx(
        in_card.mean_picture.mean() + 30, abs=12
    )  # each plate has its own light
    assert [spot.split(":")[0] for spot in done.blind_spots] == ["focus"]  # these plates are full of noise


def test_too_few_pictures_leave_the_models_view_in_force(bundle: Path, tmp_path: Path) -> None:
    done = calibrate_in(bundle, good_pictures(tmp_path / "good", 7), 0.2)
    assert done.calibration.view == load_bundle(bundle).card.calibration.view is not None


def test_the_reference_serves_the_pictures_that_the_engine_prepares(tiny_bundle: Path) -> None:
    bundle, rng = load_bundle(tiny_bundle), np.random.default_rng(5)
    engine = Engine(bundle)
    watch = FaultWatch(FaultOptions(), bundle.card.calibration.view, live=True)

    def look(pixels: Picture) -> str:
        return watch.look(pixels, engine.prepare(pixels).picture, 0)

    assert [look(plate(rng)) for _ in range(5)] == [""] * 5
    assert [look(with_blob(plate(rng), rng)[0]) for _ in range(5)] == [""] * 5
    assert look(np.roll(plate(rng), 12, axis=1)).startswith("the view is shifted by 1")


def test_a_model_from_before_has_no_reference_and_is_read(tiny_bundle: Path) -> None:
    calibration = load_bundle(tiny_bundle).card.calibration
    text = json.loads(calibration.model_dump_json())
    del text["view"]
    assert type(calibration).model_validate(text).view is None
