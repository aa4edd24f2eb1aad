"""What people and machines are told of a calibration that others of the station pass over."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.calibrating.asked import Asked
from edge.calibrating.calibrate import Calibrated
from edge.calibrating.proposal import Effect, Proposal
from edge.calibrating.told import calibrated_facts, calibrated_lines, proposal_facts, proposal_lines, written_lines
from edge.inference.bundle import load_bundle
from edge.inference.override import override_path, write_override
from edge.inspection.chosen import Chosen, chosen
from edge.inspection.thresholds import Thresholds
from edge.pictures import read_picture
from tests.conftest import plates_in, with_blob
from tests.edge.calibrating.on_folder import calibrate_in


@pytest.fixture
def calibrated(own_bundle: Path) -> Path:
    bundle = load_bundle(own_bundle)
    write_override(bundle, bundle.card.calibration)
    return own_bundle


def station(model: Path, top: str = "", low: str = "", *, state: str = "state") -> Chosen:
    config = model.with_name("line-3.toml")
    cameras = f'[[cameras]]\nname = "top"\nsource = "0"\n{top}\n[[cameras]]\nname = "low"\nsource = "1"\n{low}\n'
    config.write_text(f'model = "{model}"\nstate_dir = "{model.parent / state}"\n{cameras}', encoding="utf-8")
    return chosen(None, config, None)


def test_every_camera_judges_by_a_calibration_unless_a_person_set_its_threshold(calibrated: Path) -> None:
    path = override_path(calibrated)
    lines = written_lines(path, station(calibrated))
    assert lines[1].startswith("a running station judges by it after") and len(lines) == 3
    lines = written_lines(path, station(calibrated, "threshold = 15.0"))
    assert lines[-1] == (
        "beware: camera top judges by 15 from the station's settings and not by this: "
        "take threshold out of the station file"
    )
    assert "a running station judges by it" in lines[1]  # camera low does


def test_where_no_camera_judges_by_it_nobody_says_that_one_does(calibrated: Path) -> None:
    (calibrated.parent / "state").mkdir()
    kept = Thresholds(calibrated.parent / "state")
    kept.keep("low", load_bundle(calibrated).sha256, 16.5)
    text = "\n".join(written_lines(override_path(calibrated), station(calibrated, "threshold = 15.0")))
    assert "a running station judges by it" not in text
    assert (
        f"beware: camera low judges by 16.5 from {kept.path} and not by this: send set_threshold with null" in text
    )


def test_what_keeps_a_camera_from_judging_is_told_beside_what_was_written(calibrated: Path) -> None:
    (calibrated.parent / "state").mkdir()
    (calibrated.parent / "state" / "thresholds.json").write_text("{", encoding="utf-8")
    lines = written_lines(override_path(calibrated), station(calibrated))
    assert lines[0].startswith("written to ")
    assert any(line.startswith("beware: camera top: ") and "cannot be understood" in line for line in lines)


def test_a_proposal_says_before_it_is_accepted_which_cameras_it_will_change(calibrated: Path) -> None:
    calibration = load_bundle(calibrated).card.calibration
    proposal = Proposal(
        bundle_sha256="0" * 64,
        how="by alarms",
        before=1.0,
        before_time=calibration.time,
        calibration=calibration,
        effect=Effect(false_alarms=4, still_false=1, true_alarms=2, still_found=2),
    )
    where = station(calibrated, "threshold = 15.0")
    lines = proposal_lines(proposal, where)
    assert "it holds for every camera with this model: top low" in lines
    assert lines[-2].startswith("beware: camera top judges by 15 from")
    assert lines[-1].endswith("--accept")
    facts = json.loads(json.dumps(proposal_facts(proposal, where)))
    assert facts["cameras"] == ["top", "low"] and list(facts["overruled"]) == ["top"]
    assert "quantiles" not in facts["calibration"] and facts["effect"]["still_false"] == 1


def test_machines_are_told_the_threshold_before_and_who_passes_it_over(calibrated: Path) -> None:
    bundle = load_bundle(calibrated)
    done = Calibrated(bundle, bundle.card.calibration, 3.5, 0, 0, (), ())
    facts = json.loads(
        json.dumps(calibrated_facts(done, override_path(calibrated), chosen(calibrated, None, None)))
    )
    assert (facts["before"], facts["cameras"], facts["overruled"]) == (3.5, [], {})
    assert facts["written"] == str(override_path(calibrated)) and "highest" not in facts


def test_parts_that_would_all_have_been_alarms_are_doubted(own_bundle: Path, tmp_path: Path) -> None:
    """A lamp that was changed, or the wrong folder: only a person can tell."""
    good, defective = (plates_in(tmp_path / name, 12, seed=99) for name in ("good", "stained"))
    rng = np.random.default_rng(0)
    for path in defective.iterdir():
        cv2.imwrite(str(path), with_blob(read_picture(path), rng)[0])
    stained = calibrate_in(own_bundle, defective, 0.1)
    assert stained.above_before == 12
    lines = calibrated_lines(stained, Asked(0.1))
    assert "beware: 12 of 12 lie above the threshold before: these are other parts" in "\n".join(lines)
    sound = calibrate_in(own_bundle, good, 0.1)
    assert sound.above_before == 0 and "beware" not in "\n".join(calibrated_lines(sound, Asked(0.1)))
    facts = calibrated_facts(stained, override_path(own_bundle), chosen(own_bundle, None, None))
    assert facts["above_before"] == 12


def test_a_command_that_is_told_can_be_typed_wherever_the_model_lies(calibrated: Path) -> None:
    folder = calibrated.parent.rename(calibrated.parent.with_name("line 3, bottles"))
    model = folder / calibrated.name
    told = written_lines(override_path(model), chosen(model, None, None))[0]
    command = shlex.split(told.partition("undo with: ")[2])
    assert command == ["edge-ad", "calibrate", "--model", str(model), "--undo"]
