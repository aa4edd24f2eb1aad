"""A backbone made on the workstation, and what a device makes of it against the workstation's own model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from edge.errors import PictureError, UsageError
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.pictures import find_pictures, prepare, read_picture
from edge.scorers.features import Features
from edge.scorers.padim import PadimOptions, PadimScorer
from edge.teaching.backbone import BackboneBundle, load_backbone
from edge.teaching.copies import jitter_of, with_copies
from edge.teaching.fit import fit
from edge.teaching.session import Session
from edge.teaching.step import forward
from export.backbone_bundle import export_backbone, spread
from export.torch_heads.whole import WholeModel
from tests.conftest import SIZE
from train.backbones.extractor import Extractor
from train.backbones.registry import find_backbone

LITE0 = "efficientnet-lite0"


def exported(output: Path, *folders: Path, precision: str = "int8") -> BackboneBundle:
    return export_backbone(
        output,
        backbone=LITE0,
        size=SIZE,
        options=PadimOptions(),
        precision=precision,  # type: ignore[arg-type]
        folders=folders,
    )


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor(find_backbone(LITE0), PadimOptions().views(), SIZE).eval()


def correlation(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.corrcoef(left.ravel(), right.ravel())[0, 1])


def test_features_are_those_of_the_network_in_torch(
    tiny_backbone: Path, tiny_dataset: Path, extractor: Extractor
) -> None:
    backbone = load_backbone(tiny_backbone)
    pictures = [prepare(read_picture(path), SIZE) for path in find_pictures(tiny_dataset / "train" / "good")[:4]]
    found = next(Features(backbone.model, SIZE, device="CPU").of(pictures))
    with torch.inference_mode():
        expected = extractor(torch.from_numpy(np.stack(pictures)))
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-2 * float(theirs.abs().max()))
    card = backbone.card
    assert [(view.taps, view.channels, view.rows) for view in card.views] == [("coarse", 232, 6), ("fine", 24, 12)]
    assert "Apache-2.0" in card.licence and (card.name, card.precision) == (LITE0, "fp16")


def test_eight_bits_keep_the_features_of_a_product_that_was_not_shown(
    tiny_dataset: Path, tmp_path: Path, tiny_backbone: Path
) -> None:
    """Drawn textures set the ranges, as where no pictures are given."""
    made = exported(tmp_path / "lite0-int8.xml")
    assert (made.card.precision, made.card.quantized_on, made.card.listing_sha256) == ("int8", 0, "")
    assert made.path.with_suffix(".bin").stat().st_size < 0.7 * tiny_backbone.with_suffix(".bin").stat().st_size
    pictures = [read_picture(path) for path in find_pictures(tiny_dataset / "train" / "good")[:4]]
    eight, half = (Features(each.model, SIZE, device="CPU") for each in (made, load_backbone(tiny_backbone)))
    for ours, theirs in zip(next(eight.of(pictures)), next(half.of(pictures)), strict=True):
        assert correlation(ours, theirs) > 0.97


def test_pictures_are_taken_in_turn_from_all_folders(tiny_dataset: Path) -> None:
    folders = [tiny_dataset / "test" / kind for kind in ("blob", "good")]
    paths, pictures = spread([*folders, tiny_dataset / "train" / "good"], SIZE)
    assert [path.parent.name for path in paths[:6]] == ["blob", "good", "good"] * 2
    assert len(paths) == len(set(paths)) == len(pictures) == 6 + 6 + 20
    assert {picture.shape for picture in pictures} == {(*SIZE, 3)}


def test_the_head_that_the_device_attaches_is_torchs(
    tiny_backbone: Path, tiny_dataset: Path, extractor: Extractor, tmp_path: Path
) -> None:
    """The torch model is fitted by itself, on torch's features of what the device fitted."""
    backbone = load_backbone(tiny_backbone)
    with Session(tmp_path / "session", backbone) as session:
        for path in find_pictures(tiny_dataset / "train" / "good"):
            session.add(read_picture(path), "good")
        step = forward(session)
        taught = fit(session, backbone, step, tmp_path / "plate.xml", name="plate", device="CPU")
        fitted = session.sides(step.pictures).fit
        pictures = np.stack(list(with_copies(session, fitted, jitter_of(fitted))))
    with torch.inference_mode():
        views = [view.numpy() for view in extractor(torch.from_numpy(pictures))]
        whole = WholeModel(extractor, PadimScorer.fit([views], SIZE, PadimOptions()), SIZE).eval()
    engine = Engine(load_bundle(taught.bundle.path), device="CPU")
    for path in find_pictures(tiny_dataset / "test" / "scratch"):
        prepared = prepare(read_picture(path), SIZE)
        with torch.inference_mode():
            score, anomaly_map = whole(torch.from_numpy(prepared[None]))
        raw = engine.infer(prepared)
        assert raw.score == pytest.approx(float(score), rel=0.02)
        assert raw.anomaly_map is not None
        assert correlation(raw.anomaly_map, anomaly_map.numpy()) > 0.999
        assert raw.score > taught.calibration.threshold


def test_wrong_requests_are_one_line(tiny_dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pictures set the ranges of 8 bits only"):
        exported(tmp_path / "lite0.xml", tiny_dataset / "test" / "good", precision="fp16")
    with pytest.raises(UsageError, match="is not an .xml file"):
        exported(tmp_path / "lite0.bin", precision="fp16")
    with pytest.raises(PictureError, match="6 pictures are too few to quantize with"):
        exported(tmp_path / "lite0.xml", tiny_dataset / "test" / "good")
    assert not list(tmp_path.iterdir())
