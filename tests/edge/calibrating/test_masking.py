"""What cameras ignore does not set their threshold."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from edge.area import AreaPlan
from edge.calibrating.masking import shared_plan
from edge.errors import ConfigError
from edge.inference.bundle import load_bundle
from edge.inference.override import calibrated_elsewhere
from edge.inspection.chosen import chosen
from edge.pictures import find_pictures, read_picture
from edge.thresholds.labelled import score_labelled
from tests.conftest import plates_in
from tests.edge.calibrating.on_folder import calibrate_in

CLAMP = ((60, 40), (100, 40), (100, 80), (60, 80))
PLAN = AreaPlan(ignored=(CLAMP,))


@pytest.fixture
def clamped(tmp_path: Path) -> Path:
    """Good parts, held by a clamp that looks like a defect."""
    folder = plates_in(tmp_path / "clamped", 12, seed=6)
    for number, path in enumerate(find_pictures(folder)):
        pixels = read_picture(path)
        cv2.imwrite(str(path), cv2.circle(pixels, (80, 60), 4 + number % 3, (0, 0, 255), -1))
    return folder


def test_a_clamp_that_cameras_ignore_does_not_hide_defects_elsewhere(own_bundle: Path, clamped: Path) -> None:
    whole = calibrate_in(own_bundle, clamped, 0.1, suspects="keep").calibration
    masked = calibrate_in(own_bundle, clamped, 0.1, suspects="keep", plan=PLAN).calibration
    assert whole.pixel_threshold is not None and masked.pixel_threshold is not None
    assert masked.pixel_threshold < 0.8 * whole.pixel_threshold
    bundle = load_bundle(own_bundle)
    pictures = {"good": find_pictures(clamped)}
    seen = score_labelled(bundle, pictures, "CPU", plan=PLAN).good
    assert sum(score > masked.pixel_threshold for score in seen) <= 1, "scored as a camera with this mask scores"
    assert min(score_labelled(bundle, pictures, "CPU").good) > masked.pixel_threshold


def test_cameras_that_ignore_different_places_have_no_plan_in_common(own_bundle: Path, tmp_path: Path) -> None:
    config = tmp_path / "line-3.toml"

    def written(*ignored: str) -> Path:
        table = '[[cameras]]\nname = "{}"\nsource = "0"\n{}\n'
        tables = "".join(table.format(f"c{number}", line) for number, line in enumerate(ignored))
        config.write_text(f'model = "{own_bundle}"\n{tables}', encoding="utf-8")
        return config

    ignore = f"ignore = [{[list(corner) for corner in CLAMP]}]"
    assert shared_plan(chosen(None, written(ignore, ignore), None)) == (PLAN, "")
    assert shared_plan(chosen(None, written("", ""), None)) == (AreaPlan(), "")
    plan, warning = shared_plan(chosen(None, written(ignore, ""), "c0"))
    assert plan == AreaPlan() and warning.startswith("cameras c0 c1 share the model and ignore different places")


def test_pictures_that_are_not_cut_as_the_cameras_are_refused(own_bundle: Path, clamped: Path) -> None:
    slanted = AreaPlan(region=((40, 10), (70, 40), (40, 70), (10, 40)))
    with pytest.raises(ConfigError, match="a picture of .* is not cut to the region of interest, which is 61x61"):
        calibrate_in(own_bundle, clamped, 0.1, plan=slanted)


def test_scores_are_computed_as_the_station_computes_them(own_bundle: Path, tmp_path: Path) -> None:
    good = plates_in(tmp_path / "good", 10, seed=6)
    card = load_bundle(own_bundle).card
    of_station = calibrate_in(own_bundle, good, 0.1, arithmetic="bf16").calibration
    assert of_station.arithmetic == "bf16"
    assert calibrated_elsewhere(of_station, card, "CPU", "bf16") == ""
    warning = "the threshold was set by computing in bf16, f32 will judge: calibrate by the station file"
    assert calibrated_elsewhere(of_station, card, "CPU") == warning
    old = card.calibration.model_copy(update={"device": "CPU", "arithmetic": ""})
    assert calibrated_elsewhere(old, card, "CPU") == ""
    assert "f32, f16 will judge" in calibrated_elsewhere(old, card, "CPU", "f16")
