"""A backbone of two convolutions, which is made in milliseconds, and good parts to teach with it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from edge.pictures import Picture
from edge.scorers.padim import PadimOptions
from edge.teaching.backbone import BackboneBundle, BackboneCard, FeatureMap, write_backbone
from edge.teaching.session import Session
from tests.conftest import plate

SIDE = 64
OPTIONS = PadimOptions(rank=8)
MakeBackbone = Callable[..., BackboneBundle]
MakeSession = Callable[..., Session]


def toy_graph(seed: int = 0) -> ov.Model:
    rng = np.random.default_rng(seed)
    picture = ops.parameter([1, SIDE, SIDE, 3], np.uint8, name="picture")
    planes = ops.transpose(ops.convert(picture, "f32"), ops.constant(np.array([0, 3, 1, 2], dtype=np.int64)))
    outputs = []
    for name, channels, stride in (("coarse", 12, 16), ("fine", 6, 8)):
        kernel = rng.normal(size=(channels, 3, stride, stride)).astype(np.float32) / stride
        node = ops.convolution(planes, ops.constant(kernel), [stride] * 2, [0, 0], [0, 0], [1, 1])
        node = ops.relu(node)
        node.output(0).get_tensor().set_names({name})
        outputs.append(ops.result(node))
    return ov.Model(outputs, [picture], "toy")


def toy_card(**changes: object) -> BackboneCard:
    facts: dict[str, object] = {
        "name": "toy",
        "version": "1",
        "licence": "none",
        "precision": "fp16",
        "height": SIDE,
        "width": SIDE,
        "options": OPTIONS.model_dump(),
        "views": (
            FeatureMap(taps="coarse", stride=16, channels=12, rows=4, columns=4),
            FeatureMap(taps="fine", stride=8, channels=6, rows=8, columns=8),
        ),
        "time": datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC),
    }
    return BackboneCard.model_validate(facts | changes)


@pytest.fixture
def make_backbone(tmp_path: Path) -> MakeBackbone:
    def make(name: str = "toy", *, seed: int = 0) -> BackboneBundle:
        return write_backbone(toy_graph(seed), toy_card(), tmp_path / f"{name}.xml")

    return make


@pytest.fixture
def backbone(make_backbone: MakeBackbone) -> BackboneBundle:
    return make_backbone()


def plates(count: int, *, seed: int = 0) -> list[Picture]:
    """Good parts; the same seed gives the same ones."""
    rng = np.random.default_rng(seed)
    return [plate(rng) for _ in range(count)]


def teach_plates(session: Session, pictures: list[Picture], taken_from: str = "camera top") -> None:
    for pixels in pictures:
        assert session.add(pixels, taken_from)
