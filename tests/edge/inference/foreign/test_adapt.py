"""Models that other tools exported, against the torch models they came from, on real pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import pytest
import torch
from openvino import opset13 as ops

from edge.errors import BundleError, CardError
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.engine import Engine, Raw
from edge.inference.fitting import Fitting
from edge.pictures import Picture, prepare, read_picture
from tests.edge.inference.exports import (
    MEAN,
    SCALE,
    Network,
    Whole,
    by_way_of_onnx,
    converted,
    named_outputs,
    original,
    with_model_info,
)

# Exports are stored with float16 weights, as save_model does unasked.
HALF, SINGLE = 2e-3, 1e-5


@pytest.fixture
def pictures(tiny_dataset: Path) -> list[Picture]:
    return [read_picture(path) for path in sorted((tiny_dataset / "test").glob("*/*.png"))[::4]]


def in_unit_range(pixels: Picture) -> np.ndarray:
    return np.ascontiguousarray(pixels[..., ::-1]).astype(np.float32) / 255


def inferred(bundle: Bundle, pictures: list[Picture]) -> list[Raw]:
    engine = Engine(bundle, device="CPU")
    return [engine.infer(pixels) for pixels in pictures]


@pytest.mark.parametrize(
    ("model", "input_size", "size"),
    [
        (Whole(inner=96), None, (96, 96)),
        (Whole(inner=96), (200, 300), (200, 300)),
        (Whole(inner=None), (96, 160), (96, 160)),
        (Whole(inner=None), None, (256, 256)),
    ],
    ids=["resizes itself", "resizes itself from a fixed size", "fixed size", "any size"],
)
def test_named_outputs_are_those_of_the_original(
    model: Whole,
    input_size: tuple[int, int] | None,
    size: tuple[int, int],
    pictures: list[Picture],
    tmp_path: Path,
) -> None:
    bundle = load_bundle(named_outputs(model, tmp_path / "model.xml", input_size=input_size))
    assert bundle.card.size == size
    assert not bundle.model.is_dynamic()  # as an NPU needs
    raws = inferred(bundle, pictures)
    assert len({raw.score for raw in raws}) == len(pictures)
    for pixels, raw in zip(pictures, raws, strict=True):
        expected = original(model, in_unit_range(prepare(pixels, size)))
        assert raw.score == pytest.approx(float(expected["pred_score"][0]), abs=HALF)
        shape = expected["anomaly_map"].shape[-2:]
        there = raw.anomaly_map if shape == size else cv2.resize(raw.anomaly_map, shape[::-1])
        np.testing.assert_allclose(there, expected["anomaly_map"][0, 0], atol=HALF if shape == size else 0.02)


def test_it_is_the_same_by_way_of_onnx(pictures: list[Picture], tmp_path: Path) -> None:
    model = Whole(inner=96, crop=64, boundary=0.3)
    bundle = load_bundle(by_way_of_onnx(model, tmp_path / "model.xml"))
    calibration = bundle.card.calibration
    assert (bundle.card.size, bundle.card.highest_score) == ((96, 96), 1.0)
    assert (calibration.threshold, calibration.pixel_threshold) == (pytest.approx(0.3), 0.5)
    for pixels, raw in zip(pictures, inferred(bundle, pictures), strict=True):
        assert raw.anomaly_map is not None
        expected = original(model, in_unit_range(prepare(pixels, (96, 96))))
        assert raw.score == pytest.approx(float(expected["pred_score"][0]), abs=HALF)
        np.testing.assert_allclose(raw.anomaly_map[16:80, 16:80], expected["anomaly_map"][0, 0], atol=HALF)


def test_the_card_says_what_is_known_and_promises_nothing(tmp_path: Path) -> None:
    path = named_outputs(Whole(inner=96), tmp_path / "bottle.xml", input_size=None)
    bundle = load_bundle(path)
    card, calibration = bundle.card, bundle.card.calibration
    assert (card.name, card.model, card.precision, card.training) == ("bottle", "foreign", "fp16", None)
    assert (calibration.threshold, calibration.pixel_threshold, card.highest_score) == (0.5, 0.5, 1.0)
    assert (calibration.method, calibration.false_alarm_rate, calibration.pictures) == ("foreign", None, 0)
    assert bundle.doubt == "no digest: the file cannot be proved whole"
    assert bundle.sha256.startswith(card.version)
    again = load_bundle(path)
    assert (again.sha256, again.card) == (bundle.sha256, card)


def test_another_weight_is_another_version(tmp_path: Path) -> None:
    path = named_outputs(Whole(inner=96), tmp_path / "bottle.xml", input_size=None)
    before = load_bundle(path)
    weights = bytearray(path.with_suffix(".bin").read_bytes())
    weights[100] ^= 1
    path.with_suffix(".bin").write_bytes(weights)
    assert load_bundle(path).sha256 != before.sha256


def test_the_threshold_is_the_one_that_its_own_labels_use(pictures: list[Picture], tmp_path: Path) -> None:
    model = Whole(inner=96, boundary=0.3)
    bundle = load_bundle(named_outputs(model, tmp_path / "model.xml", input_size=None))
    assert bundle.card.calibration.threshold == pytest.approx(0.3)
    assert bundle.card.calibration.pixel_threshold == 0.5


def test_a_model_of_pictures_only_has_no_map(pictures: list[Picture], tmp_path: Path) -> None:
    model = Whole(inner=96, images_only=True)
    bundle = load_bundle(named_outputs(model, tmp_path / "model.xml", input_size=None))
    assert not bundle.card.has_map
    assert bundle.card.calibration.pixel_threshold is None
    for pixels, raw in zip(pictures, inferred(bundle, pictures), strict=True):
        expected = original(model, in_unit_range(prepare(pixels, (96, 96))))
        assert raw.anomaly_map is None
        assert raw.score == pytest.approx(float(expected["pred_score"][0]), abs=HALF)


def test_the_map_of_a_graph_that_cuts_edges_off_lies_where_it_looked(
    pictures: list[Picture], tmp_path: Path
) -> None:
    model = Whole(inner=96, crop=64)
    bundle = load_bundle(named_outputs(model, tmp_path / "model.xml", input_size=None))
    assert bundle.card.size == (96, 96)
    for pixels, raw in zip(pictures, inferred(bundle, pictures), strict=True):
        assert raw.anomaly_map is not None
        expected = original(model, in_unit_range(prepare(pixels, (96, 96))))
        np.testing.assert_allclose(raw.anomaly_map[16:80, 16:80], expected["anomaly_map"][0, 0], atol=HALF)
        assert not raw.anomaly_map[:16].any()
        assert not raw.anomaly_map[:, 80:].any()


def test_sensitivities_from_outside_are_fixed_where_they_change_nothing(
    pictures: list[Picture], tmp_path: Path
) -> None:
    class Adjustable(Whole):
        def forward(self, pixels: torch.Tensor, image_sensitivity: torch.Tensor) -> dict[str, torch.Tensor]:  # type: ignore[override]
            given = super().forward(pixels)
            given["pred_score"] = (given["pred_score"] + image_sensitivity - 0.5).clamp(0, 1)
            return given

    example = {"pixels": torch.rand(1, 3, 96, 96), "image_sensitivity": torch.tensor(0.5)}
    graph = converted(Adjustable(inner=96), example)
    for value, name in zip(graph.inputs, ("input", "image_sensitivity"), strict=True):
        value.get_tensor().set_names({name})
    for value, name in zip(graph.outputs, ("pred_score", "pred_label", "anomaly_map", "pred_mask"), strict=True):
        value.get_tensor().set_names({name})
    ov.save_model(graph, tmp_path / "model.xml")
    plain = load_bundle(named_outputs(Whole(inner=96), tmp_path / "plain.xml", input_size=None))
    adjusted = inferred(load_bundle(tmp_path / "model.xml"), pictures)
    for one, other in zip(adjusted, inferred(plain, pictures), strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-5)


def normalized(pixels: Picture) -> np.ndarray:
    return (in_unit_range(pixels) - np.float32(MEAN)) / np.float32(SCALE)


@pytest.mark.parametrize(
    ("resize_type", "resize"),
    [
        (None, "linear"),
        ("standard", "linear"),
        ("fit_to_window", "fit"),
        ("fit_to_window_letterbox", "letterbox"),
        ("crop", "crop"),
    ],
)
def test_a_described_model_sees_pictures_as_it_was_made_for(
    resize_type: str | None, resize: str, pictures: list[Picture], tmp_path: Path
) -> None:
    path = with_model_info(tmp_path / "model.xml", resize_type=resize_type, pad_value=114)
    bundle = load_bundle(path)
    assert (bundle.card.size, bundle.card.resize, bundle.card.pad) == ((64, 96), resize, 114)
    fitting = Fitting((64, 96), resize, 114)  # type: ignore[arg-type]
    for pixels, raw in zip(pictures, inferred(bundle, pictures), strict=True):
        expected = original(Network().eval(), normalized(fitting.picture(pixels)))["anomaly_map"][0, 0]
        assert raw.score == pytest.approx(float(expected.max()), rel=SINGLE)
        whole = fitting.whole(expected, pixels.shape[:2])
        np.testing.assert_allclose(raw.anomaly_map, whole, atol=1e-4)


@pytest.mark.parametrize("as_text", [False, True])
def test_a_described_model_brings_its_thresholds(as_text: bool, tmp_path: Path) -> None:
    info: dict[str, object] = {"image_threshold": 3.25, "pixel_threshold": 2.5, "reverse_input_channels": True}
    path = with_model_info(
        tmp_path / "model.xml", **({key: str(value) for key, value in info.items()} if as_text else info)
    )
    bundle = load_bundle(path)
    calibration = bundle.card.calibration
    assert (calibration.threshold, calibration.pixel_threshold) == (3.25, 2.5)
    assert bundle.card.highest_score is None
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[..., 2] = np.arange(96)
    raw = inferred(bundle, [picture])[0]
    expected = original(Network().eval(), normalized(picture))["anomaly_map"]
    assert raw.score == pytest.approx(float(expected.max()), rel=SINGLE)


def test_a_model_that_wants_bgr_gets_it(pictures: list[Picture], tmp_path: Path) -> None:
    bundle = load_bundle(with_model_info(tmp_path / "model.xml", reverse_input_channels=False))
    for pixels, raw in zip(pictures, inferred(bundle, pictures), strict=True):
        turned = np.ascontiguousarray(cv2.resize(pixels, (96, 64))[..., ::-1])
        expected = original(Network().eval(), normalized(turned))["anomaly_map"]
        assert raw.score == pytest.approx(float(expected.max()), rel=SINGLE)


def test_a_described_model_with_a_score_only(tmp_path: Path) -> None:
    picture = ops.parameter([1, 3, 32, 32], ov.Type.f32)
    score = ops.reduce_mean(picture, ops.constant(np.array([2, 3])), keep_dims=False)
    first = ops.reduce_max(score, ops.constant(np.array([1])), keep_dims=False)
    graph = ov.Model([first], [picture], "score")
    graph.set_rt_info("100", ["model_info", "image_threshold"])
    ov.save_model(graph, tmp_path / "model.xml")
    bundle = load_bundle(tmp_path / "model.xml")
    assert not bundle.card.has_map
    given = np.zeros((32, 32, 3), np.uint8)
    given[..., 1] = 70
    assert inferred(bundle, [given])[0].score == pytest.approx(70)
    assert bundle.card.calibration.threshold == 100


def test_a_graph_with_its_preprocessing_inside_gets_the_bytes(pictures: list[Picture], tmp_path: Path) -> None:
    from openvino.preprocess import PrePostProcessor

    graph = ov.Core().read_model(with_model_info(tmp_path / "plain.xml", embedded_processing=True))
    graph.reshape([1, 3, 64, 96])
    inside = PrePostProcessor(graph)
    inside.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    inside.input().model().set_layout(ov.Layout("NCHW"))
    inside.input().preprocess().reverse_channels().convert_element_type(ov.Type.f32).mean(
        [255 * value for value in MEAN]
    ).scale([255 * value for value in SCALE])
    ov.save_model(inside.build(), tmp_path / "model.xml", compress_to_fp16=False)
    raws = inferred(load_bundle(tmp_path / "model.xml"), pictures)
    for pixels, raw in zip(pictures, raws, strict=True):
        expected = original(Network().eval(), normalized(cv2.resize(pixels, (96, 64))))["anomaly_map"]
        assert raw.score == pytest.approx(float(expected.max()), rel=SINGLE)


def grey_input(path: Path) -> None:
    picture = ops.parameter([1, 1, 32, 32], ov.Type.f32)
    _save(ops.reduce_max(picture, ops.constant(np.array([1, 2, 3])), keep_dims=False), picture, path)


def two_inputs(path: Path) -> None:
    one, two = ops.parameter([1, 3, 32, 32], ov.Type.f32), ops.parameter([1, 3, 32, 32], ov.Type.f32)
    score = ops.reduce_max(ops.add(one, two), ops.constant(np.array([1, 2, 3])), keep_dims=False)
    score.output(0).get_tensor().set_names({"pred_score"})
    ov.save_model(ov.Model([score], [one, two], "two"), path)


def many_scores(path: Path) -> None:
    picture = ops.parameter([1, 3, 32, 32], ov.Type.f32)
    _save(ops.reduce_max(picture, ops.constant(np.array([2, 3])), keep_dims=False), picture, path)


def many_maps(path: Path) -> None:
    picture = ops.parameter([1, 3, 32, 32], ov.Type.f32)
    _save(ops.relu(picture), picture, path, "anomaly_map")


def no_threshold(path: Path) -> None:
    with_model_info(path, image_threshold=None)


def another_kind(path: Path) -> None:
    with_model_info(path, model_type="ssd")


def strange_number(path: Path) -> None:
    with_model_info(path, image_threshold="high")


def infinite_threshold(path: Path) -> None:
    with_model_info(path, image_threshold="inf")


def strange_resize(path: Path) -> None:
    with_model_info(path, resize_type="seam_carving")


def four_means(path: Path) -> None:
    with_model_info(path, mean_values=[1.0, 2.0, 3.0, 4.0])


def tiny(path: Path) -> None:
    picture = ops.parameter([1, 3, 8, 40], ov.Type.f32)
    _save(ops.reduce_max(picture, ops.constant(np.array([1, 2, 3])), keep_dims=False), picture, path)


def _save(output: ov.Node, picture: ov.Node, path: Path, name: str = "pred_score") -> None:
    output.output(0).get_tensor().set_names({name})
    ov.save_model(ov.Model([output], [picture], "odd"), path)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (grey_input, r"it takes \[1,1,32,32\] and not one colour picture"),
        (two_inputs, r"it takes \[1,3,32,32\], \[1,3,32,32\] and not one colour picture"),
        (many_scores, r"its score has shape \[1,3\], not one number"),
        (many_maps, r"its anomaly map has shape \[1,3,32,32\], not one value for each place"),
        (no_threshold, "its rt_info/model_info has no image_threshold"),
        (another_kind, "it is a model of type ssd; --model takes a model of type AnomalyDetection"),
        (strange_number, "its rt_info/model_info: image_threshold 'high': Input should be a valid number"),
        (infinite_threshold, "its rt_info/model_info: image_threshold 'inf': Input should be a finite number"),
        (strange_resize, "its rt_info/model_info: resize_type 'seam_carving': Input should be"),
        (tiny, "its height 8: Input should be greater than or equal to 16"),
        (four_means, "mean or scale has 4 values for three channels"),
    ],
)
def test_what_is_not_understood_is_refused_in_one_line(
    write: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    write(tmp_path / "odd.xml")
    with pytest.raises(CardError, match=rf"cannot use .*odd\.xml: {said}") as refused:
        load_bundle(tmp_path / "odd.xml")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_a_file_that_is_cut_off_is_refused(suffix: str, tmp_path: Path) -> None:
    path = named_outputs(Whole(inner=96), tmp_path / "model.xml", input_size=None)
    victim = path.with_suffix(suffix)
    whole = victim.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 9):
        victim.write_bytes(whole[:length])
        with pytest.raises(BundleError, match=r"model\.(xml|bin)"):
            load_bundle(path)


def test_one_of_ours_without_a_readable_card_is_not_taken_for_foreign(tiny_bundle: Path, tmp_path: Path) -> None:
    """Its preprocessing is inside the graph: run as foreign, it would judge pictures that are scaled twice."""
    content = tiny_bundle.read_bytes()
    (tmp_path / "plate.xml").write_bytes(content.replace(b"<card value", b"<cart value"))
    (tmp_path / "plate.bin").write_bytes(tiny_bundle.with_suffix(".bin").read_bytes())
    with pytest.raises(CardError, match="has no edge-ad model card, or is cut off"):
        load_bundle(tmp_path / "plate.xml")
