"""What the export of a padim model does not show: a network that was trained, and a scorer without a map."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import openvino as ov
import pytest

from calibration import conformal
from edge.inference.batch import score_pictures
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.engine import Engine
from edge.pictures import prepare, readable
from export.export import export
from export.onnx_export import export_onnx
from train.checkpoint import load_checkpoint
from train.data.find import find_dataset
from train.data.split import split_for_calibration
from train.evaluation.evaluate import evaluate_bundle, evaluate_checkpoint
from train.fit import train
from train.models.registry import find_kind
from train.models.setup import Setup


def exported(name: str, dataset: Path, folder: Path, **options: object) -> tuple[Path, Bundle]:
    setup = Setup(model=name, height=64, width=64, backbone=find_kind(name).backbone, seed=0, options=options)
    trained = train(find_dataset(dataset), setup, folder, false_alarm_rate=0.05, device="cpu")
    made = export(
        trained.checkpoint, folder / "plate.xml", precision="int8", false_alarm_rate=0.05, allow_drop=True
    )
    return trained.checkpoint, made.bundle


@pytest.fixture(scope="module")
def autoencoder(tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Bundle]:
    folder = tmp_path_factory.mktemp("cae")
    return exported("cae", tiny_dataset, folder, epochs=40, batch=8, width=8, learning_rate=0.01, patience=0)


@pytest.fixture(scope="module")
def density(tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Bundle]:
    return exported("dfkde", tiny_dataset, tmp_path_factory.mktemp("dfkde"), components=4)


def after(op: ov.Node, seen: dict[str, str]) -> dict[str, str]:
    """Names and kinds of all operations that an operation's outputs reach."""
    for output in op.outputs():
        for entry in output.get_target_inputs():
            node = entry.get_node()
            if node.get_friendly_name() not in seen:
                seen[node.get_friendly_name()] = node.get_type_name()
                after(node, seen)
    return seen


def test_only_the_network_is_quantized(autoencoder: tuple[Path, Bundle]) -> None:
    ops = autoencoder[1].model.get_ops()
    assert sum(op.get_type_name() == "FakeQuantize" for op in ops) >= 8
    (sigmoid,) = [op for op in ops if op.get_type_name() == "Sigmoid"]
    reached = after(sigmoid, {})
    assert "MatMul" in reached.values()
    assert "FakeQuantize" not in reached.values()


def test_a_quantized_autoencoder_says_what_the_float_one_says(autoencoder: tuple[Path, Bundle]) -> None:
    rows = {
        row["precision"]: row for row in json.loads(autoencoder[1].path.with_suffix(".parity.json").read_text())
    }
    assert rows["fp32"]["largest_difference"] < 1e-3
    assert rows["fp16"]["largest_difference"] < 0.05
    assert rows["int8"]["score_correlation"] > 0.95
    assert rows["int8"]["map_correlation"] > 0.9  # near the usual error a map is little but rounding


def test_the_threshold_rests_on_the_quantized_network(
    autoencoder: tuple[Path, Bundle], tiny_dataset: Path
) -> None:
    bundle = autoencoder[1]
    split = split_for_calibration(find_dataset(tiny_dataset).train, seed=0)
    pictures = readable(list(split.calibration), [])
    good = dict(score_pictures(Engine(load_bundle(bundle.path), device="CPU"), pictures))
    rate = bundle.card.calibration.false_alarm_rate
    assert rate is not None
    expected = conformal.threshold([raw.score for raw in good.values()], rate)
    assert bundle.card.calibration.threshold == pytest.approx(expected, rel=1e-5)
    assert bundle.card.training is not None
    assert (bundle.card.has_map, bundle.card.training.backbone) == (True, None)


def test_a_model_without_maps_goes_the_whole_way(
    density: tuple[Path, Bundle], tiny_dataset: Path, tmp_path: Path
) -> None:
    checkpoint, bundle = density
    card = bundle.card
    assert (card.has_map, card.calibration.pixel_threshold, card.calibration.peak_quantiles) == (False, None, ())
    assert [output.get_any_name() for output in bundle.model.outputs] == ["pred_score"]
    dataset = find_dataset(tiny_dataset)
    for number, (figures, skipped) in enumerate(
        (
            evaluate_bundle(bundle.path, dataset, tmp_path / "bundle", device="CPU"),
            evaluate_checkpoint(checkpoint, dataset, tmp_path / "checkpoint", device="cpu"),
        )
    ):
        assert skipped == (), number
        assert figures["image_auroc"] > 0.8
        assert figures.get("pixel_auroc") is None
    raw = Engine(bundle, device="CPU").infer(np.full((64, 64, 3), 90, np.uint8))
    assert raw.anomaly_map is None
    assert np.isfinite(raw.score)


def test_a_density_in_half_precision_says_what_the_float_one_says(tiny_dataset: Path, tmp_path: Path) -> None:
    """It divides by deviations that half precision cannot hold: with the whole graph in it scores moved by 7 %."""
    setup = Setup(
        model="lake",
        height=32,
        width=32,
        backbone=None,
        seed=0,
        options={"epochs": 3, "batch": 8, "width": 4, "patience": 0},
    )
    checkpoint = train(find_dataset(tiny_dataset), setup, tmp_path, false_alarm_rate=0.05, device="cpu").checkpoint
    made = export(checkpoint, tmp_path / "plate.xml", precision="fp16", false_alarm_rate=0.05)
    assert made.rows[-1].largest_difference < 0.01
    sizes = {"f16": 0, "f32": 0}
    for op in made.bundle.model.get_ops():
        name = op.get_output_element_type(0).get_type_name() if op.get_type_name() == "Constant" else ""
        if name in sizes:
            sizes[name] += op.data.size
    assert sizes["f16"] > 3 * sizes["f32"] > 0  # the network's weights are half


@pytest.mark.parametrize("model", ["autoencoder", "density"])
def test_onnx_runtime_says_what_the_trained_model_says(
    model: str, request: pytest.FixtureRequest, tiny_dataset: Path, tmp_path: Path
) -> None:
    checkpoint, bundle = request.getfixturevalue(model)
    output = tmp_path / "plate.onnx"
    export_onnx(checkpoint, output)
    session = onnxruntime.InferenceSession(output, providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_outputs()]
    assert names == [entry.get_any_name() for entry in bundle.model.outputs]
    pictures = [pixels for _, pixels in readable([each.path for each in find_dataset(tiny_dataset).test], [])]
    scored = list(load_checkpoint(checkpoint)[0].predict(pictures[::3]))
    expected = np.concatenate([each.scores for each in scored])
    found = [session.run(names, {"input": prepare(pixels, (64, 64))[None]}) for pixels in pictures[::3]]
    np.testing.assert_allclose([each[0][0] for each in found], expected, atol=1e-3 * np.abs(expected).max())
    for number, each in enumerate(scored):
        for offset, anomaly_map in enumerate(each.maps if each.maps is not None else ()):
            np.testing.assert_allclose(
                found[8 * number + offset][1][0, 0], anomaly_map, atol=1e-3 * np.abs(anomaly_map).max()
            )
