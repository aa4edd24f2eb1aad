"""A bundle of three operations whose answers can be worked out by hand."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from edge.inference.bundle import Bundle, write_bundle
from edge.inference.card import Calibration, ModelCard, Training

SIZE = (48, 64)
MakeCalibration = Callable[..., Calibration]
WriteToy = Callable[..., Bundle]


@pytest.fixture
def make_calibration() -> MakeCalibration:
    def make(**changes: object) -> Calibration:
        fields: dict[str, object] = {
            "method": "conformal",
            "false_alarm_rate": 0.05,
            "threshold": 100.0,
            "pixel_threshold": 200.0,
            "pictures": 20,
            "quantiles": tuple(float(q) for q in range(101)),
            "device": "CPU",
            "precision": "fp32",
            "time": datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC),
        }
        return Calibration(**(fields | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def write_toy(tmp_path: Path, make_calibration: MakeCalibration) -> WriteToy:
    """Writes a bundle whose map is the grey picture and whose score is the map's mean.

    Its constants are ``size`` weights of 1, so that there is something to damage; changes go to the card.
    """

    def write(name: str = "toy", *, score: float = 1.0, has_map: bool = True, **changes: object) -> Bundle:
        picture = ops.parameter([1, *SIZE, 3], ov.Type.u8)
        weights = np.ones((1, *SIZE, 1), np.float32)
        grey = ops.reduce_mean(ops.convert(picture, "f32"), ops.constant(np.array([3])), True)
        weighted = ops.multiply(grey, ops.constant(weights))
        shape = ops.constant(np.array([1, 1, *SIZE]))
        anomaly_map = ops.reshape(weighted, shape, False).output(0)
        flat = ops.reshape(anomaly_map, ops.constant(np.array([1, -1])), False)
        mean = ops.reduce_mean(flat, ops.constant(np.array([1])), False)
        scored = ops.multiply(mean, ops.constant(np.float32(score))).output(0)
        scored.get_tensor().set_names({"pred_score"})
        anomaly_map.get_tensor().set_names({"anomaly_map"})
        results = [scored, anomaly_map] if has_map else [scored]
        fields: dict[str, object] = {
            "name": name,
            "version": "20261122T020500Z",
            "model": "grey",
            "precision": "fp32",
            "height": SIZE[0],
            "width": SIZE[1],
            "has_map": has_map,
            "training": Training(pictures=20, listing_sha256="a" * 64, seed=0),
            "calibration": make_calibration(),
        }
        card = ModelCard(**(fields | changes))  # type: ignore[arg-type]
        return write_bundle(
            ov.Model(results, [picture], "grey"), card, tmp_path / f"{name}.xml", compress_to_fp16=False
        )

    return write


@pytest.fixture
def picky(write_toy: WriteToy) -> Bundle:
    """A graph that fails while it runs unless the first byte of the picture is 2."""
    card = write_toy(has_map=False).card.model_copy(update={"name": "picky"})
    picture = ops.parameter([1, *SIZE, 3], ov.Type.u8)
    flat = ops.reshape(picture, ops.constant(np.array([-1])), False)
    first = ops.convert(ops.gather(flat, ops.constant(np.array([0])), ops.constant(np.int64(0))), "i64")
    two = ops.broadcast(ops.constant(np.float32([7.0, 7.0])), first)
    score = ops.reduce_mean(two, ops.constant(np.array([0])), True).output(0)
    score.get_tensor().set_names({"pred_score"})
    path = write_toy().path.with_name("picky.xml")
    return write_bundle(ov.Model([score], [picture], "picky"), card, path, compress_to_fp16=False)
