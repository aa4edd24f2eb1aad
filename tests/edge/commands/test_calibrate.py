"""``edge-ad calibrate`` and the station that runs by it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from calibration import conformal
from edge.calibrating.undo import undo_calibration
from edge.commands import calibrate as command
from edge.errors import BundleError, PictureError, UsageError
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.messaging.messages import Result
from edge.pictures import find_pictures, read_picture
from edge.verdict import Verdict
from tests.conftest import plates_in
from tests.edge.calibrating.on_folder import calibrate_in
from tests.edge.command_line import Done, edge_ad, the_line
from tests.edge.conftest import RunStation
from tests.edge.running_station import clean_environment, of_kind, until_stopping


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


def test_machines_are_told_of_each_step(own_bundle: Path, good: Path) -> None:
    """In one process each: what --json gives for a calibration, a proposal, its acceptance and the way back."""
    asked = ("--images", good, "--false-alarm-rate", "0.4", "--json")
    in_card = load_bundle(own_bundle).card.calibration.threshold
    first = json.loads(calibrate(own_bundle, *asked).stdout)
    assert (first["before"], first["overruled"]) == (in_card, {})
    state = {"EDGE_AD_STATE_DIR": str(own_bundle.parent / "state")}
    proposed = json.loads(edge_ad("calibrate", "--model", own_bundle, *asked, "--propose", environ=state).stdout)
    assert proposed["before"] == first["threshold"] == proposed["calibration"]["threshold"]
    accepted = json.loads(calibrate(own_bundle, "--accept", "--json").stdout)
    assert (accepted["before"], accepted["written"]) == (first["threshold"], first["written"])
    for kept in (True, False):  # first back to the calibration before, then to the model's own
        undone = json.loads(calibrate(own_bundle, "--undo", "--json").stdout)
        assert undone == {"removed": True, "kept": kept, "overruled": {}}
    config = own_bundle.with_name("line-3.toml")
    config.write_text('[[cameras]]\nname = "top"\nsource = "0"\nthreshold = 15.0\n', encoding="utf-8")
    again = json.loads(calibrate(own_bundle, "--config", config, "--undo", "--json").stdout)
    assert not again["removed"] and "camera top judges by 15 from" in again["overruled"]["top"]


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
    threshold, left_out, skipped, unnoticed, written, _ = done.stdout.splitlines()
    assert (
        threshold.startswith("threshold ")
        and f" from {24 - fitted} good pictures: at most 40 % false alarms" in threshold
    )
    assert left_out == f"left out {fitted} pictures that the model was fitted on"
    assert skipped == f"skipped 1 that cannot be decoded: {pictures / 'torn.png'}"
    assert unnoticed.startswith("faults of the camera that will go unnoticed: focus: ")
    assert written.endswith(f"undo with: edge-ad calibrate --model {own_bundle} --undo")


def test_a_calibration_of_another_model_is_refused(own_bundle: Path, good: Path) -> None:
    calibrate_in(own_bundle, good, 0.4)
    override = own_bundle.with_suffix(".calibration.json")
    content = json.loads(override.read_text(encoding="utf-8"))
    override.write_text(json.dumps(content | {"bundle_sha256": "0" * 64}), encoding="utf-8")
    said = the_line(run(own_bundle, good), 1)
    assert said.startswith(
        f"{override} was made for another model than {own_bundle}; calibrate again, or remove it"
    )
    override.write_text("{}", encoding="utf-8")
    assert the_line(run(own_bundle, good), 1).startswith(f"{override} is not a calibration; ")
    assert undo_calibration(own_bundle) == override
    assert run(own_bundle, good, "--check").returncode == 0


def test_what_cannot_give_a_threshold_is_one_line_and_changes_nothing(
    own_bundle: Path, good: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    for folder, line in (("empty", "no pictures in "), ("gone", "no such folder: ")):
        with pytest.raises(PictureError, match=f"{line}{tmp_path}/{folder}; "):
            calibrate_in(own_bundle, tmp_path / folder, 0.4)
    assert the_line(calibrate(own_bundle), 2).startswith("no pictures were given; --images DIR")
    with pytest.raises(UsageError, match="are the suspects good or not"):
        command.calibrate(own_bundle, good, leave_out=True, keep_suspects=True)
    done = calibrate(own_bundle, "--images", good, "--false-alarm-rate", "0.01")
    assert the_line(done, 1).startswith("cannot calibrate: a false-alarm rate of 0.01 needs 99 good parts, ")
    assert not own_bundle.with_suffix(".calibration.json").exists()
    gone = tmp_path / "gone.xml"
    with pytest.raises(BundleError, match=f"no such file: {gone}; "):
        undo_calibration(gone)


def test_parts_before_a_camera_set_the_threshold_that_the_station_judges_by(
    own_bundle: Path, tmp_path: Path, run_station: RunStation
) -> None:
    """Without torch, and cut to the region of interest, as the station will cut its frames."""
    parts = plates_in(tmp_path / "parts", 14, seed=3)
    config, kept = tmp_path / "line-3.toml", tmp_path / "kept"
    table = f'[[cameras]]\nname = "top"\nsource = "{parts}"\nroi = [[4, 2], [139, 2], [139, 117], [4, 117]]\n'
    config.write_text(f'model = "{own_bundle}"\n{table}', encoding="utf-8")
    asked = ("--camera", "top", "--count", "12", "--keep", str(kept), "--false-alarm-rate", "0.1", "--json")
    done = without_torch("calibrate", "--config", str(config), *asked, "--min-change", "0")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["method"], summary["pictures"], summary["by"]) == ("conformal", 12, "calibrate")

    pictures = find_pictures(kept)
    assert [path.name for path in pictures] == [f"top-{number:05}.png" for number in range(1, 13)]
    engine = Engine(load_bundle(own_bundle), device="CPU")
    seen = [read_picture(path) for path in pictures]
    assert {pixels.shape for pixels in seen} == {(116, 136, 3)}
    scores = [engine.infer(pixels).score for pixels in seen]
    assert summary["threshold"] == pytest.approx(conformal.threshold(scores, 0.1), rel=1e-6)

    station = run_station("--config", str(config), "--wait-for-subscribers", "1", model=own_bundle)
    with station.subscriber("") as reader:
        judged = of_kind(Result, until_stopping(reader))
    assert {result.threshold for result in judged} == {summary["threshold"]}
    assert sum(result.verdict is Verdict.ANOMALOUS for result in judged[:12]) <= 1


def test_a_camera_that_ends_too_early_leaves_the_old_threshold(own_bundle: Path, good: Path) -> None:
    done = calibrate(own_bundle, "--camera", good, "--min-change", "0", "--false-alarm-rate", "0.1")
    said = done.stderr.splitlines()[-1]
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs 9 good parts, there are 6" in said
    assert not own_bundle.with_suffix(".calibration.json").exists()


@pytest.fixture
def two_stained(tiny_dataset: Path, tmp_path: Path) -> Path:
    """Twenty good parts, and two with a stain among them."""
    folder = plates_in(tmp_path / "said-to-be-good", 20, seed=4)
    for number in range(2):
        shutil.copy(tiny_dataset / "test" / "blob" / f"{number:03}.png", folder / f"{7 * number}-stained.png")
    return folder


def test_defects_among_the_good_are_shown_and_a_person_decides(own_bundle: Path, two_stained: Path) -> None:
    asked = ("--images", two_stained, "--false-alarm-rate", "0.1")
    done = calibrate(own_bundle, *asked)
    assert (done.returncode, done.stdout) == (1, "")
    sheet, said = own_bundle.with_suffix(".suspects.png"), done.stderr.splitlines()[-1]
    assert (
        "2 of 22 pictures may show defects: " in said and "0-stained.png (" in said and "7-stained.png (" in said
    )
    assert said.endswith(f"look at {sheet}, then give --leave-out-suspects, or --keep-suspects if they are good")
    assert read_picture(sheet).shape[1] > 400
    assert not own_bundle.with_suffix(".calibration.json").exists()

    without = calibrate_in(own_bundle, two_stained, 0.1, suspects="leave out")
    assert (without.calibration.pictures, without.calibration.left_out) == (20, 2)
    assert "2 suspects were left out by a person: if good after all, expect up to 19.1 %" in (
        without.calibration.warning
    )
    assert sorted(without.suspects) == ["0-stained.png", "7-stained.png"]
    elsewhere = two_stained.parent / "elsewhere.png"
    kept = calibrate_in(own_bundle, two_stained, 0.1, suspects="keep", sheet=elsewhere).calibration
    assert kept.pictures == 22 and kept.threshold > without.calibration.threshold
    assert elsewhere.exists()


WITHOUT_TORCH = """
import sys
for name in ("torch", "nncf", "sklearn", "scipy", "onnx", "safetensors", "matplotlib", "jinja2"):
    sys.modules[name] = None
from edge.cli import main
sys.argv = ["edge-ad", *sys.argv[1:]]
main()
"""


def without_torch(*arguments: str) -> Done:
    command = [sys.executable, "-c", WITHOUT_TORCH, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env=clean_environment(), timeout=60, check=False
    )


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
