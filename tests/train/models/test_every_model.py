"""Every model, trained for a moment on small photographs: it learns, comes back, and judges alike in OpenVINO."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from edge.inference.devices import compile_model
from edge.pictures import find_pictures, prepare, read_picture
from edge.scorers.head import attach_head
from export.backbone_ir import to_openvino
from export.demo.data import installed_cells
from train.checkpoint import load_checkpoint
from train.data.find import find_dataset
from train.fit import Trained, train
from train.models.model import network_of, outputs_of
from train.models.registry import KINDS, find_kind
from train.models.setup import Setup

SIZE = (96, 64)  # (height, width); of the deepest networks three cells by two
TINY: dict[str, dict[str, object]] = {
    "padim": {},
    "patchcore": {"coreset": 32},
    "dfkde": {"components": 4},
    "stfpm": {"epochs": 3, "batch": 5, "learning_rate": 0.1},
    "shallow": {"rank": 8},
    "cae": {"epochs": 4, "batch": 5, "width": 4, "loss": "combined"},
    "vae": {"epochs": 4, "batch": 5, "latent": 4},
    "residual-ae": {"epochs": 4, "batch": 5, "width": 4, "loss": "ssim"},
    "inception-cae": {"epochs": 4, "batch": 5, "width": 8},
    "sdc-ccm": {"epochs": 4, "batch": 5, "width": 8, "inside": 0.5},
    "lake": {"epochs": 4, "batch": 5, "width": 4, "components": 3},
    "dagmm-flat": {"epochs": 6, "batch": 5, "mixtures": 2, "latent": 2},
    "dagmm-conv": {"epochs": 25, "batch": 5, "mixtures": 2, "latent": 2, "learning_rate": 1e-3},
    "dagmm-residual": {"epochs": 6, "batch": 5, "mixtures": 2, "latent": 2, "learning_rate": 1e-3},
}
WITHOUT_MAP = {"dfkde"}
SCORES = """
import json, sys
from pathlib import Path
from edge.pictures import find_pictures, read_picture
from train.checkpoint import load_checkpoint
pictures = [read_picture(path) for path in find_pictures(Path(sys.argv[1]))][:4]
found = {}
for path in sys.argv[2:]:
    (scored,) = load_checkpoint(Path(path))[0].predict(pictures)
    peaks = None if scored.maps is None else scored.maps.max(axis=(1, 2)).tolist()
    found[Path(path).parent.name] = [scored.scores.tolist(), peaks]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def cells() -> list[Path]:
    """Photographs of good solar cells."""
    pytest.importorskip("elpv_dataset", reason="needs the demo extra")
    return list(installed_cells().good)


@pytest.fixture(scope="module")
def good(cells: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts") / "good"
    folder.mkdir()
    for path in cells[:16]:
        (folder / path.name).symlink_to(path.resolve())
    return folder


@pytest.fixture(scope="module")
def unseen(cells: list[Path]) -> list[Path]:
    return cells[16:19]


@pytest.fixture(scope="module")
def trained(good: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trained]:
    runs = tmp_path_factory.mktemp("runs")
    dataset = find_dataset(good)

    def one(name: str, options: dict[str, object]) -> Trained:
        backbone = find_kind(name).backbone
        setup = Setup(model=name, height=SIZE[0], width=SIZE[1], backbone=backbone, seed=1, options=options)
        return train(dataset, setup, runs / name, false_alarm_rate=0.05, device="cpu")

    return {name: one(name, options) for name, options in TINY.items()}


@pytest.fixture(scope="module")
def fresh(trained: dict[str, Trained], good: Path) -> dict[str, list[list[float]]]:
    """Scores and peaks of four pictures by each checkpoint, in one process that trained nothing."""
    paths = [str(one.checkpoint) for one in trained.values()]
    done = subprocess.run(
        [sys.executable, "-c", SCORES, str(good), *paths], capture_output=True, text=True, check=True
    )
    found: dict[str, list[list[float]]] = json.loads(done.stdout)
    return found


def test_all_models_are_tried_here() -> None:
    assert set(TINY) == set(KINDS)


@pytest.mark.parametrize("name", [name for name in TINY if KINDS[name].lesson])
def test_a_short_training_lowers_the_loss(name: str, trained: dict[str, Trained]) -> None:
    learnt = trained[name].model.learnt
    assert learnt is not None
    losses = [line.loss for line in learnt.epochs]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", ["dagmm-flat", "dagmm-conv"])
def test_a_mixture_learns_to_draw_as_well(name: str, trained: dict[str, Trained], good: Path) -> None:
    """Beside the energy, whose weight is published, a mean error over all pixels would count for nothing."""
    model = trained[name].model
    shown = [read_picture(path) for path in find_pictures(good)]

    def error(network: nn.Module) -> float:
        batches = outputs_of(network, shown, model.setup.size)
        return float(np.mean([np.square(features[0] - features[1]).mean() for features in batches]))

    assert error(model.network) < 0.95 * error(network_of(model.setup))


@pytest.mark.parametrize("name", TINY)
def test_a_fresh_process_gives_equal_scores(
    name: str, trained: dict[str, Trained], fresh: dict[str, list[list[float]]], good: Path
) -> None:
    (ours,) = trained[name].model.predict([read_picture(path) for path in find_pictures(good)][:4])
    scores, peaks = fresh[name]
    assert len(set(scores)) == 4
    np.testing.assert_allclose(scores, ours.scores, rtol=1e-5)
    assert (ours.maps is None) == (name in WITHOUT_MAP) == (peaks is None)
    if ours.maps is not None:
        np.testing.assert_allclose(peaks, ours.maps.max(axis=(1, 2)), rtol=1e-5)


@pytest.mark.parametrize("name", TINY)
def test_the_graph_gives_the_scores_and_maps_of_the_trained_model(
    name: str, trained: dict[str, Trained], unseen: list[Path]
) -> None:
    """On other parts; float rounding alone: a thousandth of the score's or the map's largest value."""
    model, _ = load_checkpoint(trained[name].checkpoint)
    pictures = [prepare(read_picture(path), SIZE) for path in unseen]
    (expected,) = model.predict(pictures)
    graph = attach_head(to_openvino(model.network, SIZE), model.scorer)
    assert len(graph.outputs) == (1 if name in WITHOUT_MAP else 2)
    compiled, _ = compile_model(graph, device="CPU")
    for number, picture in enumerate(pictures):
        found = compiled(picture[None])
        assert found["pred_score"].shape == (1,)
        assert float(found["pred_score"][0]) == pytest.approx(
            float(expected.scores[number]), abs=1e-3 * float(np.abs(expected.scores).max())
        )
        if expected.maps is not None:
            assert found["anomaly_map"].shape == (1, 1, *SIZE)
            np.testing.assert_allclose(
                found["anomaly_map"][0, 0], expected.maps[number], atol=1e-3 * expected.maps.max()
            )
