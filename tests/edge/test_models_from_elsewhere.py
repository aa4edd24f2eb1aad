"""Models that other tools exported, run, checked, calibrated and evaluated as a user does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from calibration import conformal
from edge.inference.bundle import load_bundle
from edge.messaging.messages import Result
from edge.pictures import find_pictures, prepare, read_picture
from edge.verdict import Verdict
from tests.conftest import plates_in
from tests.edge.command_line import edge_ad, the_line
from tests.edge.conftest import RunStation
from tests.edge.inference.exports import Whole, named_outputs, original, with_model_info
from tests.edge.running_station import of_kind, until_stopping

ONE_READER = ("--wait-for-subscribers", "1")
DOUBT = "no digest: the file cannot be proved whole"


@pytest.fixture
def model() -> Whole:
    """Its boundary lies between scores of good plates and those of some with a stain."""
    return Whole(inner=96, boundary=0.388)


@pytest.fixture
def exported(model: Whole, tmp_path: Path) -> Path:
    (tmp_path / "line-2").mkdir()
    return named_outputs(model, tmp_path / "line-2" / "plate.xml", input_size=None)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return plates_in(tmp_path / "good", 12, seed=5)


def score_by_torch(model: Whole, path: Path) -> float:
    rgb = np.ascontiguousarray(prepare(read_picture(path), (96, 96))[..., ::-1]).astype(np.float32) / 255
    return float(original(model, rgb)["pred_score"][0])


def test_a_station_judges_as_the_original_does(
    run_station: RunStation, mixed_folder: Path, model: Whole, exported: Path
) -> None:
    station = run_station("--camera", str(mixed_folder), *ONE_READER, model=exported)
    with station.subscriber("") as reader:
        results = of_kind(Result, until_stopping(reader))
    assert (station.wait(), station.other_lines) == (0, [])
    expected = {path.name: score_by_torch(model, path) for path in find_pictures(mixed_folder)}
    assert {result.picture: result.score for result in results} == pytest.approx(expected, abs=2e-3)
    for result in results:
        assert result.verdict is (Verdict.ANOMALOUS if result.score > result.threshold else Verdict.GOOD)
        assert result.score_percentile is None
    assert {result.verdict for result in results} == {Verdict.GOOD, Verdict.ANOMALOUS}
    assert [result.threshold for result in results] == pytest.approx([0.388] * len(results))
    assert {(result.model.name, result.model.sha256) for result in results} == {
        ("plate", load_bundle(exported).sha256)
    }


def test_a_described_model_runs_too(run_station: RunStation, mixed_folder: Path, tmp_path: Path) -> None:
    path = with_model_info(tmp_path / "geared.xml", image_threshold=0.5)
    station = run_station("--camera", str(mixed_folder), *ONE_READER, model=path)
    with station.subscriber("") as reader:
        results = of_kind(Result, until_stopping(reader))
    assert station.wait() == 0
    assert len({result.score for result in results}) == len(find_pictures(mixed_folder))
    assert {result.threshold for result in results} == {0.5}


def test_check_says_what_cannot_be_known_of_it(exported: Path, mixed_folder: Path) -> None:
    done = edge_ad("run", "--check", "--model", exported, "--camera", mixed_folder, "--device", "CPU")
    assert done.returncode == 0
    assert f"plate fp16, threshold 0.388 ({DOUBT}; the threshold is the model's own and promises" in done.stdout


def test_a_model_that_is_not_understood_is_one_line(mixed_folder: Path, tmp_path: Path) -> None:
    path = with_model_info(tmp_path / "odd.xml", image_threshold=None)
    line = the_line(edge_ad("run", "--model", path, "--camera", mixed_folder), 1)
    assert line.startswith(f"cannot use {path}: its rt_info/model_info has no image_threshold")


def test_calibration_sets_a_threshold_that_promises_and_can_be_undone(
    run_station: RunStation, exported: Path, model: Whole, good: Path, mixed_folder: Path
) -> None:
    done = edge_ad("calibrate", "--model", exported, "--images", good, "--false-alarm-rate", "0.1", "--json")
    assert done.returncode == 0, done.stderr
    scores = [score_by_torch(model, path) for path in find_pictures(good)]
    threshold = json.loads(done.stdout)["threshold"]
    assert threshold == pytest.approx(conformal.threshold(scores, 0.1), abs=2e-3)

    station = run_station("--camera", str(mixed_folder), *ONE_READER, model=exported)
    with station.subscriber("") as reader:
        results = of_kind(Result, until_stopping(reader))
    assert station.wait() == 0
    assert [result.threshold for result in results] == pytest.approx([threshold] * len(results))
    assert all(result.score_percentile is not None for result in results)

    assert edge_ad("calibrate", "--model", exported, "--undo").returncode == 0
    assert not exported.with_suffix(".calibration.json").exists()


def test_calibration_is_refused_where_good_parts_reach_the_highest_score(good: Path, tmp_path: Path) -> None:
    saturated = Whole(inner=96)
    saturated.network.features[2].weight.data *= 50
    path = named_outputs(saturated, tmp_path / "plate.xml", input_size=None)
    done = edge_ad("calibrate", "--model", path, "--images", good, "--false-alarm-rate", "0.1")
    said = done.stderr.splitlines()[-1]
    assert (done.returncode, done.stdout) == (1, "")
    assert said.startswith(f"edge-ad: error: good parts reach 1, the highest score that {path} can give; it would")
    assert not path.with_suffix(".calibration.json").exists()


def test_it_is_evaluated_on_labelled_pictures(exported: Path, tiny_dataset: Path, tmp_path: Path) -> None:
    report = tmp_path / "report"
    done = edge_ad("evaluate", "--model", exported, "--data", tiny_dataset, "--output", report, "--device", "CPU")
    assert done.returncode == 0, done.stderr
    page = (report / "report.html").read_text(encoding="utf-8")
    assert "nothing: it came with the model; calibrate on good parts of the line" in page
    assert json.loads((report / "metrics.json").read_text())


def test_a_copy_is_the_same_model_under_another_name(exported: Path, tmp_path: Path) -> None:
    for suffix in (".xml", ".bin"):
        shutil.copy(exported.with_suffix(suffix), tmp_path / f"other{suffix}")
    assert load_bundle(tmp_path / "other.xml").sha256 == load_bundle(exported).sha256


def test_the_store_refuses_it_and_says_how_it_is_run(exported: Path, tmp_path: Path) -> None:
    line = the_line(edge_ad("models", "install", exported, "--state-dir", tmp_path / "state", "--activate"), 1)
    assert line == (
        f"{exported} has no card of edge-ad: no digests, and no golden scores to try it by; "
        f"run it by its path: edge-ad run --model {exported}"
    )
    assert list((tmp_path / "state" / "models").glob("*/*")) == []
