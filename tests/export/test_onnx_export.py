from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import openvino as ov
import pytest
from openvino import opset13 as ops

from edge.errors import TrainingError, UsageError
from edge.pictures import prepare, read_picture
from export import onnx_export
from export.commands.export import Format, Precision, export
from export.onnx_export import export_onnx
from train.checkpoint import KEY, load_checkpoint


@pytest.fixture(scope="module")
def written(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("onnx") / "plate.onnx"
    done = export_onnx(tiny_checkpoint, output)
    assert (done.pictures, done.skipped) == (5, ())
    assert max(done.score_difference, done.map_difference) < 1e-3
    return output


def test_onnx_runtime_gives_the_checkpoints_scores_and_maps(
    written: Path, tiny_checkpoint: Path, tiny_dataset: Path
) -> None:
    session = onnxruntime.InferenceSession(written, providers=["CPUExecutionProvider"])
    model, _ = load_checkpoint(tiny_checkpoint)
    pictures = [read_picture(path) for path in sorted((tiny_dataset / "test").glob("*/*.png"))[::4]]
    (expected,) = model.predict(pictures)
    for number, pixels in enumerate(pictures):
        given = {"input": prepare(pixels, (96, 96))[None]}
        score, anomaly_map = session.run(["pred_score", "anomaly_map"], given)
        assert score.shape == (1,)
        assert score[0] == pytest.approx(expected.scores[number], rel=1e-3)
        assert np.abs(anomaly_map[0, 0] - expected.maps[number]).max() < 1e-3 * expected.maps[number].max()


def test_the_file_stands_alone_passes_the_checker_and_carries_the_header(
    written: Path, tiny_checkpoint: Path
) -> None:
    model = onnx.load(written)
    onnx.checker.check_model(model, full_check=True)
    header = json.loads({prop.key: prop.value for prop in model.metadata_props}[KEY])
    assert header == json.loads(load_checkpoint(tiny_checkpoint)[1].model_dump_json(by_alias=True))
    (picture,) = model.graph.input
    assert [dim.dim_value for dim in picture.type.tensor_type.shape.dim] == [1, 96, 96, 3]
    assert [path.name for path in written.parent.iterdir()] == [written.name]


def test_a_runtime_that_disagrees_writes_nothing(
    written: Path, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "MOST_DIFFERENCE", 0.0)
    monkeypatch.setattr(onnx_export, "_write", lambda model, header, path: shutil.copy(written, path))
    with pytest.raises(TrainingError, match="ONNX Runtime disagrees with OpenVINO: scores by"):
        export_onnx(tiny_checkpoint, tmp_path / "plate.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("added", "passes"), [(0.0, True), (1.0, False), (float("nan"), False)])
def test_an_output_that_is_0_throughout_is_compared_too(
    added: float, passes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = ops.parameter([1, 4, 4, 3], np.uint8, name="input")
    score = ops.multiply(ops.reduce_mean(ops.convert(picture, "f32"), np.int64([1, 2, 3])), np.float32(0))
    score.output(0).get_tensor().set_names({"pred_score"})
    monkeypatch.setattr(onnx_export, "to_openvino", lambda network, size: None)
    monkeypatch.setattr(onnx_export, "attach_head", lambda network, scorer: ov.Model([score], [picture]))
    written = onnx.parser.parse_model(
        f"""<ir_version: 8, opset_import: ["" : 13]>
        agraph (uint8[1,4,4,3] input) => (float[1] pred_score) {{
            pred_score = Constant <value = float[1] {{{added}}}> ()
        }}"""
    )
    onnx.save(written, tmp_path / "zero.onnx")
    model = SimpleNamespace(network=None, scorer=None, setup=SimpleNamespace(size=(4, 4)))
    pictures = [(Path("0.png"), np.zeros((4, 4, 3), np.uint8))]
    found = onnx_export._differences(model, tmp_path / "zero.onnx", pictures)["pred_score"]
    assert (found <= onnx_export.MOST_DIFFERENCE) is passes


def test_another_suffix_is_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is not an \.onnx file"):
        export_onnx(tiny_checkpoint, tmp_path / "plate.xml")


def test_an_output_that_cannot_be_written_is_found_before_the_work(tiny_checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="cannot write to .*file"):
        export_onnx(tiny_checkpoint, tmp_path / "file" / "plate.onnx", data=tmp_path / "no pictures here")


@pytest.mark.parametrize("broken", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), RuntimeError("torch")])
def test_whatever_fails_leaves_nothing_and_is_one_line(
    broken: Exception, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(model: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise broken

    monkeypatch.setattr(onnx_export.torch.onnx, "export", lambda whole, example, path, **rest: half(whole, path))
    line = "cannot write .*plate.onnx: No space left on device; give another --output"
    torn = "torch cannot write this model as ONNX: torch; export without --format onnx"
    expected = (UsageError, line) if isinstance(broken, OSError) else (TrainingError, torn)
    with pytest.raises(expected[0], match=expected[1]):
        export_onnx(tiny_checkpoint, tmp_path / "plate.onnx")
    assert list(tmp_path.iterdir()) == []


def test_skipped_pictures_are_named(
    written: Path,
    tiny_checkpoint: Path,
    tiny_dataset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = tmp_path / "good"
    shutil.copytree(tiny_dataset / "train" / "good", own)
    (own / "torn.png").write_bytes((own / "000.png").read_bytes()[:300])
    monkeypatch.setattr(onnx_export, "_write", lambda model, header, path: shutil.copy(written, path))
    options = {"data": own, "refit": True, "model_format": Format.ONNX}
    export(tiny_checkpoint, tmp_path / "plate.onnx", **options, as_json=True)
    done = capsys.readouterr()
    assert json.loads(done.out)["skipped"] == [str(own / "torn.png")]
    assert "converting to ONNX" in done.err and "comparing ONNX with OpenVINO" in done.err
    export(tiny_checkpoint, tmp_path / "plate.onnx", **options)
    assert f"skipped 1 pictures that cannot be decoded: {own / 'torn.png'}" in capsys.readouterr().out


@pytest.mark.parametrize("precision", [Precision.INT8, Precision.FP16])
def test_options_that_onnx_cannot_follow_are_refused(precision: Precision, tmp_path: Path) -> None:
    gone, output = tmp_path / "gone.safetensors", tmp_path / "plate.onnx"
    with pytest.raises(UsageError, match="ONNX is written in float; leave out --precision"):
        export(gone, output, precision=precision, model_format=Format.ONNX)
    with pytest.raises(UsageError, match="compares no labelled pictures; leave out --test"):
        export(gone, output, test=tmp_path, model_format=Format.ONNX)
    with pytest.raises(UsageError, match="is float and loses nothing; leave out --allow-drop"):
        export(gone, output, allow_drop=True, model_format=Format.ONNX)
