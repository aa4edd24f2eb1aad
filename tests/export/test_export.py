from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from sklearn.metrics import roc_auc_score

from calibration import conformal
from edge.errors import BundleError, CheckpointError, TrainingError, UsageError
from edge.inference.batch import score_pictures
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine, Raw
from edge.pictures import readable, short_digest
from export import parity
from export.export import export
from tests.conftest import plates_in
from train.checkpoint import load_checkpoint
from train.data.find import find_dataset
from train.data.split import split_for_calibration
from train.fit import train
from train.models.setup import Setup


def scored(model: Path, paths: list[Path]) -> dict[Path, Raw]:
    return dict(score_pictures(Engine(load_bundle(model), device="CPU"), readable(paths, [])))


def table(model: Path) -> dict[str, dict[str, float]]:
    return {row["precision"]: row for row in json.loads(model.with_suffix(".parity.json").read_text())}


def test_the_parity_table_tells_what_the_shipped_model_does(
    tiny_bundle: Path, tiny_checkpoint: Path, tiny_dataset: Path
) -> None:
    """The INT8 row again, from the files alone: the bundle by the engine, the checkpoint by torch."""
    rows = table(tiny_bundle)
    assert list(rows) == ["torch", "fp32", "fp16", "int8"]
    dataset = find_dataset(tiny_dataset)
    labels = {sample.path: sample.label for sample in dataset.test}
    paths = [*split_for_calibration(dataset.train, seed=0).calibration, *labels]
    found = scored(tiny_bundle, paths)
    model, header = load_checkpoint(tiny_checkpoint)
    expected = np.concatenate([batch.scores for batch in model.predict(p for _, p in readable(paths, []))])
    scores = np.array([found[path].score for path in paths])
    assert rows["int8"]["score_correlation"] == pytest.approx(np.corrcoef(scores, expected)[0, 1], abs=1e-5)
    assert rows["int8"]["largest_difference"] == pytest.approx(
        np.abs(scores - expected).max() / expected.mean(), abs=1e-4
    )
    auroc = roc_auc_score(list(labels.values()), [found[path].score for path in labels])
    assert rows["int8"]["image_auroc"] == pytest.approx(auroc)
    assert rows["torch"]["threshold"] == header.calibration.threshold


def test_float_precisions_say_what_torch_says(tiny_bundle: Path) -> None:
    rows = table(tiny_bundle)
    assert rows["fp32"]["largest_difference"] < 1e-3
    assert rows["fp32"]["map_correlation"] > 0.99999
    assert rows["fp16"]["largest_difference"] < 0.03
    assert rows["fp16"]["map_correlation"] > 0.999
    assert rows["int8"]["map_correlation"] > 0.95


@pytest.mark.parametrize("precision", ["int8", "fp32"])
def test_the_threshold_is_computed_again_on_the_shipped_model(
    precision: str, tiny_dataset: Path, request: pytest.FixtureRequest
) -> None:
    model = request.getfixturevalue("tiny_bundle" if precision == "int8" else "tiny_bundle_fp32")
    card = load_bundle(model).card
    split = split_for_calibration(find_dataset(tiny_dataset).train, seed=0)
    good = scored(model, list(split.calibration)).values()
    rate = card.calibration.false_alarm_rate
    assert card.calibration.threshold == pytest.approx(
        conformal.threshold([r.score for r in good], rate), rel=1e-5
    )
    peaks = [float(r.anomaly_map.max()) for r in good if r.anomaly_map is not None]
    assert card.calibration.pixel_threshold == pytest.approx(conformal.threshold(peaks, rate), rel=1e-5)
    assert (card.precision, card.calibration.precision, card.calibration.device) == (precision, precision, "CPU")
    assert (card.name, card.model, card.size, card.inference_precision) == ("plate", "padim", (96, 96), "f32")
    assert set(card.training.fitted) == {short_digest(path) for path in split.fit}
    assert table(model)[precision]["threshold"] == card.calibration.threshold


def quantized(model: ov.Model) -> set[str]:
    return {op.get_friendly_name() for op in model.get_ops() if op.get_type_name() == "FakeQuantize"}


def behind(op: ov.Node, seen: set[str]) -> set[str]:
    """Names of everything that an operation's outputs reach."""
    for output in op.outputs():
        for target in output.get_target_inputs():
            node = target.get_node()
            if node.get_friendly_name() not in seen:
                seen.add(node.get_friendly_name())
                behind(node, seen)
    return seen


def test_the_network_is_quantized_and_the_scorer_is_not(tiny_bundle: Path, tiny_bundle_fp32: Path) -> None:
    model = load_bundle(tiny_bundle).model
    assert len(quantized(model)) > 10
    assert not quantized(load_bundle(tiny_bundle_fp32).model)
    lengths = [op for op in model.get_ops() if op.get_type_name() == "Power"]  # the scorer's first own operation
    assert lengths
    for op in lengths:
        assert quantized(model).isdisjoint(behind(op, set()))


def test_a_worse_int8_model_is_refused_and_not_written(
    tiny_checkpoint: Path, tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INT8 of this small network correlates with the float one by about 0.98: the limit is moved above it."""
    monkeypatch.setattr(parity, "LEAST_MAP_CORRELATION", 0.9999)
    with pytest.raises(TrainingError, match="the INT8 model is refused: maps correlate by 0.9.*--allow-drop"):
        export(tiny_checkpoint, tmp_path / "plate.xml", precision="int8", data=tiny_dataset, false_alarm_rate=0.05)
    assert list(tmp_path.iterdir()) == []


def test_half_precision_on_other_pictures_of_a_refit(
    tiny_checkpoint: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    """Without a refit other pictures are refused; with it, scorer, threshold and card are theirs."""
    others = tmp_path / "others"
    shutil.copytree(tiny_dataset / "train" / "good", others)
    (others / "000.png").unlink()
    output = tmp_path / "model" / "plate.xml"
    wanted = {"precision": "fp16", "data": others, "test": tiny_dataset, "false_alarm_rate": 0.25, "folds": 0}
    with pytest.raises(UsageError, match="does not hold the good pictures.*--refit"):
        export(tiny_checkpoint, output, **wanted)
    card = export(tiny_checkpoint, output, **wanted, refit=True).bundle.card
    assert (card.precision, card.calibration.precision) == ("fp16", "fp16")
    assert card.calibration.false_alarm_rate == 0.25
    assert card.training.listing_sha256 != load_checkpoint(tiny_checkpoint)[1].training.listing_sha256
    assert short_digest(tiny_dataset / "train" / "good" / "000.png") not in card.training.fitted
    assert list(table(output)) == ["torch", "fp32", "fp16"]


def test_another_suffix_and_a_missing_checkpoint_are_refused_at_once(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    for name in ("plate.onnx", "plate", "plate.bin"):
        with pytest.raises(UsageError, match=f"--output .*{name} is not an .xml file; for example"):
            export(tiny_checkpoint, tmp_path / name, precision="fp32", false_alarm_rate=0.05)
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        export(tmp_path / "gone.safetensors", tmp_path / "plate.xml", precision="fp32", false_alarm_rate=0.05)


def test_an_output_that_cannot_be_written_is_found_before_the_work(tiny_checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    wanted = {"precision": "fp32", "data": tmp_path / "no pictures here", "false_alarm_rate": 0.05}
    with pytest.raises(UsageError, match="cannot write to .*file"):
        export(tiny_checkpoint, tmp_path / "file" / "plate.xml", **wanted)


def test_a_parity_table_that_cannot_be_written_is_one_line(
    tiny_checkpoint: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    (tmp_path / "plate.parity.json").mkdir()
    with pytest.raises(BundleError, match="cannot write .*plate.parity.json: Is a directory; check the folder"):
        export(tiny_checkpoint, tmp_path / "plate.xml", precision="fp32", data=tiny_dataset, false_alarm_rate=0.05)


def test_a_model_of_few_pictures_keeps_its_folds_and_all_its_pictures(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The export makes the same folds as the training, from the pictures' content and the seed."""
    good = plates_in(tmp_path / "good", 12, seed=4)
    setup = Setup(model="padim", height=64, width=64, backbone="efficientnet-lite0", seed=3)
    trained = train(find_dataset(good), setup, tmp_path / "run", false_alarm_rate=0.1, folds=4, device="cpu")
    exported = export(trained.checkpoint, tmp_path / "plate.xml", precision="fp32", false_alarm_rate=0.1)
    assert "scores" not in capfd.readouterr().err  # no bar for pictures that there are none of
    card, before = exported.bundle.card, trained.header.calibration
    assert (card.calibration.method, card.calibration.folds, card.calibration.by) == (
        "cross-conformal",
        4,
        "export",
    )
    assert set(card.training.fitted) == {short_digest(path) for path in good.iterdir()}
    assert card.calibration.threshold == pytest.approx(before.threshold, rel=1e-3)
    assert card.calibration.pixel_threshold == pytest.approx(before.pixel_threshold, rel=1e-3)
    own = scored(tmp_path / "plate.xml", sorted(good.iterdir()))
    assert max(raw.score for raw in own.values()) < 0.9 * before.quantiles[0]  # all were fitted on
    assert exported.rows[-1].map_correlation > 0.9999
    aside = export(
        trained.checkpoint, tmp_path / "aside.xml", precision="fp32", false_alarm_rate=0.1, folds=0
    ).bundle.card
    assert (aside.calibration.method, aside.calibration.pictures, aside.training.pictures) == ("conformal", 2, 10)


def test_an_export_fits_the_copies_that_the_training_did(tmp_path: Path) -> None:
    """Other copies, or none, would give other scores than the trained model's."""
    good = find_dataset(plates_in(tmp_path / "good", 12, seed=8))
    setup = Setup(model="padim", height=64, width=64, backbone="efficientnet-lite0", seed=0)
    options = {"false_alarm_rate": 0.1, "folds": 3, "device": "cpu"}
    checkpoint = train(good, setup, tmp_path, augment=2, **options).checkpoint
    exported = export(checkpoint, tmp_path / "plate.xml", precision="fp32", false_alarm_rate=0.1)
    reference, shipped = exported.rows
    assert shipped.largest_difference < 1e-3
    assert shipped.threshold == pytest.approx(reference.threshold, rel=1e-3)
