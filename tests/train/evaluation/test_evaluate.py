from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from edge.errors import CheckpointError, PictureError, UsageError
from edge.inference.bundle import load_bundle
from edge.inference.override import write_override
from train.commands.evaluate import evaluate
from train.data.find import find_dataset
from train.evaluation.evaluate import evaluate_bundle, evaluate_checkpoint


@pytest.fixture(scope="module")
def by_bundle(
    tiny_bundle_fp32: Path, tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("report")
    figures, skipped = evaluate_bundle(tiny_bundle_fp32, find_dataset(tiny_dataset), folder, device="CPU")
    assert skipped == ()
    assert json.loads((folder / "metrics.json").read_text()) == figures
    return figures


def test_checkpoint_and_float_model_give_the_same_figures(
    by_bundle: dict[str, Any], tiny_checkpoint: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    """One judged by torch, the other by the runtime."""
    by_torch, _ = evaluate_checkpoint(tiny_checkpoint, find_dataset(tiny_dataset), tmp_path, device="cpu")
    assert list(by_torch) == list(by_bundle)
    for name in by_torch.keys() - {"per_defect", "box_hit_rate"}:
        assert by_torch[name] == pytest.approx(by_bundle[name], rel=1e-3), name
    for defect, figures in by_torch["per_defect"].items():
        assert figures == pytest.approx(by_bundle["per_defect"][defect], rel=1e-3), defect


def test_the_figures_are_those_of_a_model_that_knows_its_part(by_bundle: dict[str, Any]) -> None:
    assert (by_bundle["image_auroc"], by_bundle["recall"]) == (1.0, 1.0)
    assert by_bundle["pixel_auroc"] > 0.9
    assert by_bundle["box_hit_rate"] is None  # the set has masks
    assert {name: defect["count"] for name, defect in by_bundle["per_defect"].items()} == {"blob": 6, "scratch": 6}


def test_the_stations_own_threshold_is_the_one_that_counts(
    tiny_bundle_fp32: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    model = tmp_path / "plate.xml"
    for path in (tiny_bundle_fp32, tiny_bundle_fp32.with_suffix(".bin")):
        shutil.copy(path, tmp_path / path.name)
    bundle = load_bundle(model)
    write_override(bundle, bundle.card.calibration.model_copy(update={"threshold": 1e6}))
    figures, _ = evaluate_bundle(model, find_dataset(tiny_dataset), tmp_path / "report", device="CPU")
    assert (figures["threshold"], figures["recall"]) == (1e6, 0.0)


def test_damaged_test_pictures_are_left_out_and_named(
    tiny_bundle_fp32: Path, tiny_checkpoint: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    own = tmp_path / "plate"
    shutil.copytree(tiny_dataset, own)
    broken = own / "test" / "blob" / "002.png"
    broken.write_bytes(broken.read_bytes()[:300])
    dataset = find_dataset(own)
    for figures, skipped in (
        evaluate_bundle(tiny_bundle_fp32, dataset, tmp_path / "bundle", device="CPU"),
        evaluate_checkpoint(tiny_checkpoint, dataset, tmp_path / "checkpoint", device="cpu"),
    ):
        assert skipped == (broken,)
        assert figures["per_defect"]["blob"]["count"] == 5
        assert figures["image_auroc"] == 1.0  # no score was given to its neighbour


def test_good_pictures_alone_cannot_be_evaluated_with(
    tiny_bundle_fp32: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(PictureError, match="has no labelled pictures to evaluate with; give a data set with"):
        evaluate_bundle(tiny_bundle_fp32, find_dataset(tiny_dataset / "train" / "good"), tmp_path, device="CPU")


def test_one_of_checkpoint_and_model_is_asked_for(tiny_dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to evaluate was given"):
        evaluate(tmp_path, data=tiny_dataset)
    with pytest.raises(UsageError, match="exclude each other"):
        evaluate(tmp_path, checkpoint=tmp_path / "a", model=tmp_path / "b", data=tiny_dataset)


def test_machines_read_the_figures_and_people_the_skipped_pictures(
    tiny_bundle_fp32: Path, tiny_dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "plate"
    shutil.copytree(tiny_dataset, own)
    broken = own / "test" / "blob" / "002.png"
    broken.write_bytes(broken.read_bytes()[:300])
    evaluate(tmp_path / "report", model=tiny_bundle_fp32, data=own, device="CPU", as_json=True)
    done = capsys.readouterr()
    assert json.loads(done.out) == json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert f"skipped 1 pictures that cannot be decoded: {broken}" in done.err


def test_an_output_that_cannot_be_written_is_found_before_the_work(tiny_dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="cannot write to .*file/report"):
        evaluate(tmp_path / "file" / "report", model=tmp_path / "gone.xml", data=tiny_dataset)


def test_a_bundle_given_as_a_checkpoint_names_the_right_option(
    tiny_bundle_fp32: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match="plate.xml is not a checkpoint; .* takes the .xml .* with --model"):
        evaluate(tmp_path, checkpoint=tiny_bundle_fp32, data=tiny_dataset)
