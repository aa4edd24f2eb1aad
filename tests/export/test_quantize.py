"""Why only the feature extractor is quantized: INT8 of the whole graph forgets what the model knew."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import cv2
import nncf
import numpy as np
import openvino as ov
import pytest

from benchmarks.datasets import absent, find_set
from edge.errors import TrainingError
from edge.inference.bundle import load_bundle, write_bundle
from edge.inference.devices import compile_model
from edge.inference.engine import Engine, Raw
from edge.pictures import Picture, prepare, read_picture
from edge.scorers.features import features_of
from edge.scorers.head import attach_head
from export.backbone_ir import to_openvino
from export.export import export
from export.parity import ParityRow, check, compare
from export.quantize import quantize
from tests.conftest import plate
from train.data.dataset import Dataset
from train.data.find import find_dataset
from train.data.split import split_for_calibration
from train.fit import train
from train.models.model import network_of
from train.models.registry import find_kind, options_of
from train.models.setup import Setup


def whole_graph_in_8_bits(model: ov.Model, pictures: list[Picture]) -> ov.Model:
    """Features and scorer quantized alike; products of matrices are spared, or OpenVINO would not compile it."""
    data = nncf.Dataset([picture[None] for picture in pictures])
    with contextlib.redirect_stdout(io.StringIO()):
        return nncf.quantize(
            model.clone(),
            data,
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(pictures),
            ignored_scope=nncf.IgnoredScope(types=["MatMul"]),
        )


def results(bundle: Path, dataset: Dataset) -> dict[Path, Raw]:
    engine = Engine(load_bundle(bundle), device="CPU")
    return {sample.path: engine.infer(read_picture(sample.path)) for sample in dataset.test}


def row_of(precision: str, found: dict[Path, Raw], float_results: dict[Path, Raw], dataset: Dataset) -> ParityRow:
    labels = {sample.path: sample.label for sample in dataset.test}
    return compare(precision, found, float_results, labels, 0.0)


def rows(full: Path, shipped: Path, dataset: Dataset, folder: Path) -> tuple[ParityRow, ParityRow, ParityRow]:
    """Parity of the float model, of the shipped INT8 model and of the whole graph in INT8."""
    bundle = load_bundle(full)
    fit = split_for_calibration(dataset.train, seed=0).fit[:60]
    naive = whole_graph_in_8_bits(bundle.model, [prepare(read_picture(path), bundle.card.size) for path in fit])
    written = write_bundle(naive, bundle.card, folder / "naive.xml", compress_to_fp16=True).path
    reference = results(full, dataset)
    return (
        row_of("fp32", reference, reference, dataset),
        row_of("int8", results(shipped, dataset), reference, dataset),
        row_of("int8", results(written, dataset), reference, dataset),
    )


def test_int8_of_the_whole_graph_is_refused_and_that_of_the_features_passes(
    tiny_bundle: Path, tiny_bundle_fp32: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    full, shipped, naive = rows(tiny_bundle_fp32, tiny_bundle, find_dataset(tiny_dataset), tmp_path)
    check([full, shipped], allow_drop=False)
    assert shipped.map_correlation is not None
    assert naive.map_correlation is not None
    assert naive.map_correlation < 0.8 < 0.97 < shipped.map_correlation
    with pytest.raises(TrainingError, match="the INT8 model is refused: maps correlate"):
        check([full, naive], allow_drop=False)


@pytest.mark.long
@pytest.mark.skipif(bool(absent("bottle")), reason=absent("bottle"))
def test_on_real_bottles_the_whole_graph_loses_defects_and_the_shipped_model_none(tmp_path: Path) -> None:
    dataset = find_set("bottle", tmp_path)
    setup = Setup(model="padim", height=256, width=256, backbone="efficientnet-lite0", seed=0)
    checkpoint = train(dataset, setup, tmp_path, false_alarm_rate=0.05, device="cpu").checkpoint
    models = {}
    for precision in ("fp32", "int8"):
        output = tmp_path / precision / "bottle.xml"
        models[precision] = export(checkpoint, output, precision=precision, false_alarm_rate=0.05).bundle.path
    full, shipped, naive = rows(models["fp32"], models["int8"], dataset, tmp_path)
    assert full.image_auroc is not None
    assert shipped.image_auroc is not None
    assert naive.image_auroc is not None
    assert shipped.image_auroc >= 0.999
    assert naive.image_auroc < full.image_auroc - 0.01
    check([full, shipped], allow_drop=False)
    with pytest.raises(TrainingError, match="image AUROC falls by .*; maps correlate"):
        check([full, naive], allow_drop=False)


def test_quantizing_leaves_the_float_network_as_it_was(tiny_bundle_fp32: Path, tiny_dataset: Path) -> None:
    """One float network serves every precision of an export."""
    model = load_bundle(tiny_bundle_fp32).model
    before = [op.get_friendly_name() for op in model.get_ordered_ops()]
    pictures = [prepare(read_picture(path), (96, 96)) for path in find_dataset(tiny_dataset).train[:4]]
    quantized = quantize(model, pictures)
    assert [op.get_friendly_name() for op in model.get_ordered_ops()] == before
    assert "FakeQuantize" in {op.get_type_name() for op in quantized.get_ops()}


def test_pictures_from_all_over_the_material_set_the_ranges() -> None:
    """A collection that began in poor light: 60 pictures are shown to the network, and not the first 60."""
    network = float_network("shallow")
    bright = [(2.5 * picture).astype(np.uint8) for picture in dark_plates(64, 2)]
    ours, all_light = quantize(network, [*dark_plates(64, 0), *bright]), quantize(network, bright[:60])

    def error(quantized: ov.Model) -> float:
        compiled, exact = (compile_model(graph, device="CPU")[0] for graph in (quantized, network))
        pairs = [(compiled(picture[None])[0], exact(picture[None])[0]) for picture in bright[60:]]
        return float(np.mean([np.abs(found - expected).mean() for found, expected in pairs]))

    assert error(ours) < 1.1 * error(all_light)
    assert error(quantize(network, dark_plates(60, 0))) > 2 * error(all_light)


def test_a_network_that_cannot_be_quantized_is_one_line(tiny_bundle_fp32: Path) -> None:
    wrong = np.zeros((32, 32, 3), np.uint8)  # the graph takes 96 x 96
    with pytest.raises(TrainingError, match="NNCF cannot quantize this network: .*use --precision fp16"):
        quantize(load_bundle(tiny_bundle_fp32).model, [wrong])


def dark_plates(count: int, seed: int, *, side: int = 64) -> list[Picture]:
    rng = np.random.default_rng(seed)
    return [prepare((plate(rng) * 0.35).astype(np.uint8), (side, side)) for _ in range(count)]


def with_glint(picture: Picture) -> Picture:
    spoilt = picture.copy()
    cv2.circle(spoilt, (40, 24), 4, (255, 255, 255), -1)
    return spoilt


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cae", [(0.0, 1.0)]),
        ("vae", [(0.0, 1.0)]),
        ("shallow", [(-123.675 / 58.395, (255 - 103.53) / 57.375)]),
        ("padim", [(-123.675 / 58.395, (255 - 103.53) / 57.375)]),
    ],
)
def test_quantization_hides_no_brightness_that_good_pictures_lack(
    name: str, expected: list[tuple[float, float]]
) -> None:
    """The first quantizer takes all that the camera can show; black and white, through what is done to bytes."""
    network = float_network(name)
    quantized = quantize(network, dark_plates(4, 0))
    first = next(op for op in quantized.get_ordered_ops() if is_of_activations(op))
    low, high = (float(first.input_value(number).get_node().data.min()) for number in (1, 2))
    assert [(low, high)] == [pytest.approx(pair, abs=0.02) for pair in expected]
    step = (high - low) / 255
    assert low / step == pytest.approx(round(low / step), abs=1e-4)  # borders are padded with 0


@pytest.mark.parametrize("name", ["cae", "dagmm-flat", "lake"])
def test_the_picture_that_an_error_is_taken_against_stays_exact(name: str) -> None:
    """At 96 pixels the flat mixture sees means of pixels, which are no whole numbers."""
    network = float_network(name, side=96)
    compiled, _ = compile_model(quantize(network, dark_plates(4, 0, side=96)), device="CPU")
    exact, _ = compile_model(network, device="CPU")
    glint = with_glint(dark_plates(1, 1, side=96)[0])
    np.testing.assert_allclose(compiled(glint[None])["picture"], exact(glint[None])["picture"], atol=1e-6)


@pytest.mark.parametrize(("name", "vectors"), [("dagmm-conv", ["latent"]), ("lake", ["latent"])])
def test_what_leads_to_a_vector_stays_in_float_and_what_draws_does_not(name: str, vectors: list[str]) -> None:
    network = float_network(name)
    quantized = quantize(network, dark_plates(4, 0))
    assert sum(is_of_activations(op) for op in quantized.get_ops()) >= 4
    compiled, exact = (compile_model(each, device="CPU")[0] for each in (quantized, network))
    unseen = with_glint(dark_plates(1, 1)[0])
    found, expected = compiled(unseen[None]), exact(unseen[None])
    for vector in vectors:
        np.testing.assert_allclose(found[vector], expected[vector], atol=1e-4 * np.abs(expected[vector]).max())
    apart = np.abs(found["reconstruction"] - expected["reconstruction"]).max()
    assert 0 < apart < 0.1


def test_a_glint_on_dark_parts_is_far_off_in_8_bits_too() -> None:
    """Four times brighter than all that set the ranges: inside of the network its answers are cut off still, and
    0.70 of its distance in float is left; 0.63 where its picture was cut off as well.
    """
    kind, good, unseen = find_kind("shallow"), dark_plates(24, 0), dark_plates(4, 1)
    options = options_of(kind, {"rank": 8})
    shown = [*unseen, *(with_glint(picture) for picture in unseen)]
    network = float_network("shallow")
    scores = []
    for graph in (network, quantize(network, good)):
        features = features_of(graph, good, (64, 64), device="CPU", seen=lambda done: None)
        scorer = kind.fit(features, (64, 64), options, 0, lambda done: None)
        compiled, _ = compile_model(attach_head(graph, scorer), device="CPU")
        scores.append(np.array([compiled(picture[None])["pred_score"][0] for picture in shown]))
    full, eight = scores
    assert full[4:].min() > 3 * full[:4].max()
    assert eight[4:].min() > 3 * eight[:4].max()
    assert (eight[4:] / full[4:]).mean() > 0.67


def float_network(name: str, *, side: int = 64) -> ov.Model:
    backbone = find_kind(name).backbone
    setup = Setup(model=name, height=side, width=side, backbone=backbone, seed=0)
    return to_openvino(network_of(setup), (side, side))


def is_of_activations(op: ov.Node) -> bool:
    return op.get_type_name() == "FakeQuantize" and op.input_value(0).get_node().get_type_name() != "Constant"
