"""One model at one precision: scorer and thresholds made from what this very graph gives."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from edge import progress
from edge.inference.batch import score_pictures
from edge.inference.bundle import Bundle
from edge.inference.calibrate import calibrate, reachable_rate
from edge.inference.calibrated import calibrated_bundle
from edge.inference.card import Calibration, ModelCard
from edge.inference.engine import Engine, Raw
from edge.progress import Advance
from edge.scorers.features import features_of
from edge.scorers.head import attach_head
from edge.scorers.jitter import copies_of
from edge.scorers.scorer import Scorer
from export.backbone_ir import halved
from export.material import Material, Pictures
from export.quantize import quantize
from export.reference import cross_results
from train.checkpoint import Header
from train.cross_fit import CrossFit, cross_fit, joined
from train.fit import versions
from train.models.registry import find_kind, options_of

Array = NDArray[np.float32]
Precision = Literal["fp32", "fp16", "int8"]
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")


@dataclass(frozen=True)
class Variant:
    """A written bundle and what it gave for every picture it was shown.

    Attributes:
        bundle: as read back from disk.
        results: raw results by picture; of those in folds by the scorers of the other folds.
    """

    bundle: Bundle
    results: dict[Path, Raw]


def build_variant(
    network: ov.Model, header: Header, material: Material, precision: Precision, path: Path, rate: float
) -> Variant:
    """Builds, calibrates and writes one precision.

    Args:
        network: float graph of the checkpoint's network; it is not changed.
        header: of the checkpoint.
        material: pictures.
        precision: of the network; the scorer's constants and arithmetic are float in all of them.
        path: of the .xml to write.
        rate: wanted false-alarm rate; raised to what the number of calibration pictures can promise.
    """
    if precision == "int8":
        with progress.bar("quantizing the network", None):
            network = quantize(network, [pixels for _, pixels in material.fit])
    elif precision == "fp16":
        network = halved(network)
    cross = _cross_fit(network, header, material, precision) if material.folds else None
    graph = attach_head(network, cross.scorer if cross else _fit(network, header, material, precision))
    results: dict[Path, Raw] = {}

    def calibration_by(engine: Engine) -> Calibration:
        results.update(_score(engine, (*material.calibration, *material.labelled), precision))
        if cross:
            results.update(cross_results(cross, material))
        return _calibration(results, material, precision, rate)

    bundle = calibrated_bundle(
        graph,
        lambda calibration: _card(header, material, precision, calibration, graph),
        path,
        calibrate=calibration_by,
        device="CPU",
        compress_to_fp16=False,  # the network is; the scorer is float
    )
    return Variant(bundle, results)


def _calibration(
    results: Mapping[Path, Raw], material: Material, precision: Precision, rate: float
) -> Calibration:
    good = [results[path] for path in material.scored]
    return calibrate(
        [raw.score for raw in good],
        [float(raw.anomaly_map.max()) for raw in good if raw.anomaly_map is not None] or None,
        maps=(raw.anomaly_map for raw in good if raw.anomaly_map is not None),
        method="cross-conformal" if material.folds else "conformal",
        false_alarm_rate=reachable_rate(rate, len(good)),
        device="CPU",
        precision=precision,
        view=material.view,
        folds=material.fold_count,
        by="export",
    )


def _fit(network: ov.Model, header: Header, material: Material, precision: Precision) -> Scorer:
    setup = header.setup
    kind = find_kind(setup.model)
    options = options_of(kind, setup.options)
    steps = kind.steps(options)
    if not kind.fitted:
        return kind.fit((), setup.size, options, setup.seed, progress.silent)
    with progress.bar(f"{precision}: features of good pictures", material.fitted_count) as seen:
        features = _features(network, header, material, seen)
        if not steps:
            return kind.fit(features, setup.size, options, setup.seed, progress.silent)
        batches = list(features)
    with progress.bar(f"{precision}: choosing the coreset", steps) as advance:
        return kind.fit(batches, setup.size, options, setup.seed, advance)


def _cross_fit(network: ov.Model, header: Header, material: Material, precision: Precision) -> CrossFit:
    """Fits in folds on the features that this graph's network gives, and scores them in numpy.

    A graph for each fold would be compiled for nothing: on pictures that were not fitted on it gives the same
    scores, but for the rounding in INT8, where other operations are fused with a head behind.
    """
    setup = header.setup
    kind = find_kind(setup.model)
    with progress.bar(f"{precision}: features of good pictures", material.fitted_count) as seen:
        features = joined(_features(network, header, material, seen))
    options = options_of(kind, setup.options)
    return cross_fit(
        *(kind, features, material.folds, setup.size, options, setup.seed),
        copies=copies_of(material.jitter),
        keep_maps=True,
        description=f"{precision}: ",
    )


def _features(network: ov.Model, header: Header, material: Material, seen: Advance) -> Iterator[list[Array]]:
    return features_of(network, material.fitted(), header.setup.size, device="CPU", seen=seen)


def _score(engine: Engine, pictures: Pictures, precision: Precision) -> dict[Path, Raw]:
    if not pictures:
        return {}
    with progress.bar(f"{precision}: scores", len(pictures)) as seen:
        return dict(score_pictures(engine, pictures, seen=seen))


def _card(
    header: Header, material: Material, precision: Precision, calibration: Calibration, graph: ov.Model
) -> ModelCard:
    return ModelCard(
        name=header.name,
        version=datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%SZ"),
        model=header.setup.model,
        precision=precision,
        height=header.setup.height,
        width=header.setup.width,
        has_map=len(graph.outputs) > 1,
        options=header.setup.options,
        training=material.training.model_copy(update={"versions": versions()}),
        calibration=calibration,
    )
