"""``edge-ad calibrate`` and the station that runs by it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from edge.inference.bundle import load_bundle
from edge.messaging.messages import Result
from tests.edge.command_line import Done, edge_ad, the_line
from tests.edge.conftest import RunStation
from tests.edge.running_station import of_kind, until_stopping


@pytest.fixture
def good(tiny_dataset: Path) -> Path:
    """Six good pictures that the model was not fitted on."""
    return tiny_dataset / "test" / "good"


def calibrate(model: Path, *options: str | Path) -> Done:
    return edge_ad("calibrate", "--model", model, *options)


def test_the_station_runs_by_its_own_threshold_until_it_is_undone(
    own_bundle: Path, good: Path, run_station: RunStation
) -> None:
    before = own_bundle.read_bytes()
    done = calibrate(own_bundle, "--images", good, "--false-alarm-rate", "0.4", "--json")
    assert done.returncode == 0
    summary = json.loads(done.stdout)
    assert (summary["pictures"], summary["fitted"], summary["skipped"]) == (6, 0, [])
    in_card = load_bundle(own_bundle).card.calibration.threshold
    assert own_bundle.read_bytes() == before and summary["threshold"] != in_card

    assert thresholds(run_station, own_bundle, good) == {summary["threshold"]}
    assert f"threshold {summary['threshold']:.4g}" in check(own_bundle, good)
    undone = calibrate(own_bundle, "--undo")
    assert undone.stdout.startswith(f"{summary['written']} removed: ")
    assert f"threshold {in_card:.4g}" in check(own_bundle, good)
    assert calibrate(own_bundle, "--undo").stdout == "nothing to undo\n"


def test_the_words_name_the_threshold_and_what_was_left_out(
    own_bundle: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    pictures = tmp_path / "pictures"
    shutil.copytree(tiny_dataset / "train" / "good", pictures)
    fitted = len(load_bundle(own_bundle).card.training.fitted)
    whole = (pictures / "000.png").read_bytes()
    (pictures / "torn.png").write_bytes(whole[: len(whole) // 2])
    done = calibrate(own_bundle, "--images", pictures, "--false-alarm-rate", "0.4")
    assert done.returncode == 0, done.stderr
    assert "WARN" not in done.stderr
    threshold, left_out, skipped, unnoticed, written = done.stdout.splitlines()
    assert (
        threshold.startswith("threshold ") and f" from {24 - fitted} good pictures: at most 40.00% " in threshold
    )
    assert left_out == f"left out {fitted} pictures that the model was fitted on"
    assert skipped == f"skipped 1 that cannot be decoded: {pictures / 'torn.png'}"
    assert unnoticed.startswith("faults of the camera that will go unnoticed: focus: ")
    assert written.endswith(f"undo with: edge-ad calibrate --model {own_bundle} --undo")


def test_a_calibration_of_another_model_is_refused(own_bundle: Path, good: Path) -> None:
    assert calibrate(own_bundle, "--images", good, "--false-alarm-rate", "0.4").returncode == 0
    override = own_bundle.with_suffix(".calibration.json")
    content = json.loads(override.read_text(encoding="utf-8"))
    override.write_text(json.dumps(content | {"bundle_sha256": "0" * 64}), encoding="utf-8")
    said = the_line(run(own_bundle, good), 1)
    assert said.startswith(
        f"{override} was made for another model than {own_bundle}; calibrate again, or remove it"
    )
    override.write_text("{}", encoding="utf-8")
    assert the_line(run(own_bundle, good), 1).startswith(f"{override} is not a calibration; ")
    assert calibrate(own_bundle, "--undo").returncode == 0
    assert run(own_bundle, good, "--check").returncode == 0


def test_what_cannot_give_a_threshold_is_one_line_and_changes_nothing(
    own_bundle: Path, good: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    for options, code, line in (
        ([], 2, "no pictures were given; --images DIR"),
        (["--images", tmp_path / "empty"], 1, f"no pictures in {tmp_path}/empty; "),
        (["--images", tmp_path / "gone"], 1, f"no such folder: {tmp_path}/gone; "),
    ):
        assert the_line(calibrate(own_bundle, *options), code).startswith(line)
    done = calibrate(own_bundle, "--images", good, "--false-alarm-rate", "0.01")
    assert the_line(done, 1).startswith("cannot calibrate: a false-alarm rate of 0.01 needs 99 good parts, ")
    assert not own_bundle.with_suffix(".calibration.json").exists()
    gone = tmp_path / "gone.xml"
    assert the_line(calibrate(gone, "--undo"), 1).startswith(f"no such file: {gone}; ")


def run(model: Path, pictures: Path, *options: str) -> Done:
    state = ("--state-dir", model.parent / "state")
    free = "tcp://127.0.0.1:*"
    ports = ("--events", free, "--heatmaps", free, "--control", free)
    return edge_ad("run", "--model", model, "--camera", pictures, *ports, *state, *options)


def check(model: Path, pictures: Path) -> str:
    return run(model, pictures, "--check").stdout


def thresholds(run_station: RunStation, model: Path, pictures: Path) -> set[float | None]:
    station = run_station("--camera", str(pictures), "--wait-for-subscribers", "1", model=model)
    with station.subscriber("") as reader:
        return {result.threshold for result in of_kind(Result, until_stopping(reader))}
