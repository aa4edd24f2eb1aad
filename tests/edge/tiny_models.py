"""Bundles that misbehave on demand: graphs of a few operations with a card."""

from __future__ import annotations

import datetime
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import openvino.opset13 as ops

from edge.inference.bundle import load_bundle, write_bundle
from edge.inference.card import Calibration, Golden, ModelCard, Training
from edge.inference.engine import Engine
from edge.inference.golden import VERSION, golden_scores

SIDE = 16


def undefined_for_black(path: Path) -> Path:
    """Scores 1, but 0 / 0 for a picture that is black all over."""
    picture, mean = _mean_of_picture()
    return _written(picture, ops.divide(mean, mean), path)


def failing_for_black(path: Path) -> Path:
    """Scores the mean; a picture that is black all over is an error of the device while it runs."""
    picture, mean = _mean_of_picture()
    # A row of 3 - 2 * min(mean, 1) elements, which must be one.
    two = ops.multiply(ops.minimum(mean, ops.constant(np.float32([1.0]))), ops.constant(np.float32([2.0])))
    length = ops.convert(ops.subtract(ops.constant(np.float32([3.0])), two), "i64")
    one = ops.constant(np.int64([1]))
    return _written(picture, ops.reshape(ops.broadcast(mean, length), one, special_zero=False), path)


def black_and_grey(folder: Path) -> Path:
    folder.mkdir()
    for name, level in (("black", 0), ("grey", 128)):
        cv2.imwrite(str(folder / f"{name}.png"), np.full((SIDE, SIDE, 3), level, np.uint8))
    return folder


def _mean_of_picture() -> tuple[ov.Node, ov.Node]:
    picture = ops.parameter([1, SIDE, SIDE, 3], np.uint8, name="picture")
    mean = ops.reduce_mean(ops.convert(picture, "f32"), ops.constant(np.int64([1, 2, 3])), keep_dims=False)
    return picture, mean


def _written(picture: ov.Node, score: ov.Node, path: Path) -> Path:
    score.output(0).get_tensor().set_names({"pred_score"})
    calibration = Calibration(
        method="conformal",
        false_alarm_rate=0.05,
        threshold=1000.0,
        pictures=20,
        quantiles=(0.0, 500.0, 1000.0),
        device="CPU",
        precision="fp32",
        time=datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC),
    )
    card = ModelCard(
        name="grey",
        version="1",
        model="mean",
        precision="fp32",
        height=SIDE,
        width=SIDE,
        has_map=False,
        training=Training(pictures=20, listing_sha256="0" * 64, seed=0),
        calibration=calibration,
    )
    model = ov.Model([score], [picture], "grey")
    return write_bundle(model, card, path, compress_to_fp16=False).path


def grey(path: Path, *, version: str = "1", factor: float = 1.0, golden: bool | None = True) -> Path:
    """Scores the mean times a factor; its card has golden scores, or false ones, or with None no golden scores."""
    picture, mean = _mean_of_picture()
    _written(picture, ops.multiply(mean, ops.constant(np.float32([factor]))), path)
    bundle = load_bundle(path)
    scores = golden_scores(Engine(bundle, device="CPU"))
    known = Golden(version=VERSION, scores=scores if golden else [2 * score for score in scores])
    card = bundle.card.model_copy(update={"version": version, "golden": None if golden is None else known})
    return write_bundle(bundle.model, card, path, compress_to_fp16=False).path
