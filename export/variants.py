"""One model at one precision: scorer and thresholds made from what this very graph gives."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import openvino as ov

from edge import progress
from edge.inference import golden
from edge.inference.batch import score_pictures
from edge.inference.bundle import Bundle, write_bundle
from edge.inference.calibrate import calibrate, reachable_rate
from edge.inference.card import Calibration, Golden, ModelCard
from edge.inference.engine import Engine, Raw
from edge.scorers.features import features_of
from edge.scorers.head import attach_head
from export.material import Material, Pictures
from export.quantize import PICTURES, quantize
from train.checkpoint import Header
from train.fit import versions
from train.models.feature_model import FeatureModel
from train.models.registry import find_kind, options_of

Precision = Literal["fp32", "fp16", "int8"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")


@dataclass(frozen=True)
class Variant:
    """A written bundle and what it gave for every picture it was shown.

    Attributes:
        bundle: as read back from disk.
        results: raw results by picture.
    """

    bundle: Bundle
    results: dict[Path, Raw]


def build_variant(
    backbone: ov.Model, header: Header, material: Material, precision: Precision, path: Path, rate: float
) -> Variant:
    """Builds, calibrates and writes one precision.

    Args:
        backbone: float graph of the checkpoint's extractor; it is not changed.
        header: of the checkpoint.
        material: pictures.
        precision: of the network; the scorer's arithmetic is float in all of them.
        path: of the .xml to write.
        rate: wanted false-alarm rate; raised to what the number of calibration pictures can promise.
    """
    if precision == "int8":
        with progress.bar("quantizing the feature extractor", None):
            backbone = quantize(backbone, [pixels for _, pixels in material.fit[:PICTURES]])
    graph = _with_scorer(backbone, header, material, precision)
    half = precision != "fp32"
    bundle = write_bundle(graph, _card(header, material, precision, _PROVISIONAL), path, compress_to_fp16=half)
    engine = Engine(bundle, device="CPU", hint="throughput")
    results = _score(engine, (*material.calibration, *material.labelled), precision)
    good = [results[picture] for picture, _ in material.calibration]
    calibration = calibrate(
        [raw.score for raw in good],
        [float(raw.anomaly_map.max()) for raw in good if raw.anomaly_map is not None] or None,
        false_alarm_rate=reachable_rate(rate, len(good)),
        device="CPU",
        precision=precision,
        view=material.view,
    )
    known = Golden(version=golden.VERSION, scores=golden.golden_scores(engine))
    card = _card(header, material, precision, calibration).model_copy(update={"golden": known})
    bundle = write_bundle(graph, card, path, compress_to_fp16=half)
    return Variant(bundle, results)


# Stands in the card while the bundle gives the scores that the real one is made of; never leaves this module.
_PROVISIONAL = Calibration(
    method="none",
    false_alarm_rate=0.5,
    threshold=0.0,
    pictures=1,
    quantiles=(0.0, 0.0),
    device="CPU",
    precision="none",
    time=datetime.datetime.fromtimestamp(0, datetime.UTC),
)


def _with_scorer(backbone: ov.Model, header: Header, material: Material, precision: Precision) -> ov.Model:
    setup = header.setup
    kind = find_kind(setup.model)
    options = options_of(kind, setup.options)
    steps = kind.steps(options)
    pictures = (pixels for _, pixels in material.fit)
    with progress.bar(f"{precision}: features of good pictures", len(material.fit)) as seen:
        features = features_of(backbone, pictures, setup.size, device="CPU", seen=seen)
        if not steps:
            return attach_head(backbone, kind.fit(features, setup.size, options, setup.seed, progress.silent))
        batches = list(features)
    with progress.bar(f"{precision}: choosing the coreset", steps) as advance:
        return attach_head(backbone, kind.fit(batches, setup.size, options, setup.seed, advance))


def _score(engine: Engine, pictures: Pictures, precision: Precision) -> dict[Path, Raw]:
    with progress.bar(f"{precision}: scores", len(pictures)) as seen:
        return dict(score_pictures(engine, pictures, seen=seen))


def _card(header: Header, material: Material, precision: Precision, calibration: Calibration) -> ModelCard:
    return ModelCard(
        name=header.name,
        version=datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ"),
        model=header.setup.model,
        precision=precision,
        height=header.setup.height,
        width=header.setup.width,
        options=header.setup.options,
        training=material.training.model_copy(update={"versions": versions()}),
        calibration=calibration,
    )


def torch_results(model: FeatureModel, pictures: Pictures) -> dict[Path, Raw]:
    """What the float model of the checkpoint gives, as the reference of the parity table."""
    results: dict[Path, Raw] = {}
    paths = [path for path, _ in pictures]
    with progress.bar("torch: scores", len(pictures)) as seen:
        for batch in model.predict((pixels for _, pixels in pictures), seen=seen):
            for score, anomaly_map in zip(batch.scores, batch.maps, strict=True):
                results[paths[len(results)]] = Raw(float(score), np.asarray(anomaly_map), 0.0, 0.0)
    return results
