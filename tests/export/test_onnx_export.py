from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from edge.errors import TrainingError, UsageError
from edge.pictures import prepare, read_picture
from export import onnx_export
from export.onnx_export import export_onnx
from train.checkpoint import KEY, load_checkpoint


@pytest.fixture(scope="module")
def written(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("onnx") / "plate.onnx"
    differences = export_onnx(tiny_checkpoint, output)
    assert differences["pictures"] == 5
    assert max(differences["score_difference"], differences["map_difference"]) < 1e-3
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


def test_another_suffix_is_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is not an \.onnx file"):
        export_onnx(tiny_checkpoint, tmp_path / "plate.xml")
