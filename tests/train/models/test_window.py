from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.inference.devices import compile_model
from edge.pictures import Picture, find_pictures, prepare, read_picture
from edge.scorers.head import attach_head
from export.backbone_ir import to_openvino
from tests.conftest import SIZE
from train.checkpoint import load_checkpoint
from train.data.find import find_dataset
from train.fit import train
from train.models.model import Model
from train.models.setup import Setup
from train.models.window import WindowOptions
from train.scorers.window import Window

SPOT = (slice(40, 52), slice(60, 72))  # in the window, which is rows 16 to 80 and columns 32 to 96
BESIDE = (slice(82, 94), slice(60, 72))


@pytest.fixture(scope="module", params=["padim", "shallow"])
def checkpoint(
    tiny_dataset: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Path:
    options: dict[str, object] = {"cut_top": 0.2, "cut_bottom": 0.2, "cut_left": 0.35, "rank": 8}
    setup = Setup(
        model=request.param, height=SIZE[0], width=SIZE[1], backbone="efficientnet-lite0", seed=0, options=options
    )
    output = tmp_path_factory.mktemp("windowed")
    return train(find_dataset(tiny_dataset), setup, output, false_alarm_rate=0.05, device="cpu").checkpoint


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> Model:
    return load_checkpoint(checkpoint)[0]


@pytest.fixture
def good(tiny_dataset: Path) -> Picture:
    return prepare(read_picture(find_pictures(tiny_dataset / "test" / "good")[0]), SIZE)


def stained(pixels: Picture, place: tuple[slice, slice]) -> Picture:
    changed = pixels.copy()
    changed[place] = (40, 230, 240)
    return changed


def test_what_lies_beside_the_window_counts_for_nothing(model: Model, good: Picture) -> None:
    (scored,) = model.predict([good, stained(good, BESIDE), stained(good, SPOT)])
    assert scored.maps is not None
    plain, beside, spot = scored.scores
    assert beside == plain
    np.testing.assert_array_equal(scored.maps[1], scored.maps[0])
    assert spot > 2 * plain


def test_a_defect_in_the_window_is_shown_where_it_is_in_the_whole_picture(model: Model, good: Picture) -> None:
    (scored,) = model.predict([stained(good, SPOT)])
    assert scored.maps is not None
    assert scored.maps.shape == (1, *SIZE)
    row, column = np.unravel_index(scored.maps[0].argmax(), SIZE)
    assert 32 <= row < 60
    assert 52 <= column < 80
    assert not scored.maps[0, :16].any()
    assert not scored.maps[0, :, :32].any()


def test_openvino_cuts_out_the_same_window(model: Model, good: Picture) -> None:
    pictures = [good, stained(good, SPOT), stained(good, BESIDE)]
    (ours,) = model.predict(pictures)
    assert ours.maps is not None
    compiled, _ = compile_model(attach_head(to_openvino(model.network, SIZE), model.scorer), device="CPU")
    for number, pixels in enumerate(pictures):
        theirs = compiled(pixels[None])
        assert theirs["pred_score"][0] == pytest.approx(ours.scores[number], rel=1e-3)
        np.testing.assert_allclose(
            theirs["anomaly_map"][0, 0], ours.maps[number], atol=2e-3 * ours.maps[number].max()
        )


@pytest.mark.parametrize(
    ("given", "picture", "window"),
    [
        ({}, (100, 75), Window(0, 0, (100, 75), (100, 75))),
        ({"cut_top": 0.28, "cut_bottom": 0.28}, (384, 384), Window(96, 0, (192, 384), (384, 384))),
        ({"cut_top": 0.25, "cut_right": 0.5 - 1e-9}, (256, 256), Window(64, 0, (192, 144), (256, 256))),
        ({"cut_left": 0.1}, (100, 100), Window(0, 0, (100, 100), (100, 100))),
        ({"cut_bottom": 0.01}, (100, 100), Window(0, 0, (100, 100), (100, 100))),
    ],
)
def test_a_window_is_rounded_up_to_whole_cells_within_the_picture(
    given: dict[str, float], picture: tuple[int, int], window: Window
) -> None:
    found = WindowOptions.model_validate(given).window(picture)
    assert found == window
    assert found.whole == (window.size == picture)
