"""One cell of the accuracy table: one model on one set with one seed, exported to INT8 and run by the runtime."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.conditions import Others
from benchmarks.interval import auroc_interval
from calibration import conformal
from edge.errors import PictureError, TrainingError
from edge.inference.bundle import load_bundle
from edge.inference.calibrate import DEFAULT_RATE
from edge.inference.engine import Engine
from edge.pictures import Picture
from export.export import Exported, export
from export.parity import check
from train.data.dataset import Dataset
from train.evaluation.metrics import metrics
from train.evaluation.scores import Map, Scored, score_samples
from train.fit import train
from train.models.registry import find_kind, options_of
from train.models.setup import Setup

FIGURES = (
    "image_auroc",
    "image_ap",
    "image_f1",
    "precision",
    "recall",
    "best_f1",
    "pixel_auroc",
    "pixel_aupro",
    "box_hit_rate",
)


@dataclass(frozen=True, order=True)
class Key:
    """Which cell."""

    model: str
    set: str
    seed: int

    def __str__(self) -> str:
        return f"{self.model} {self.set} seed {self.seed}"


class Cell(BaseModel):
    """What was measured. All figures but those named otherwise are of the INT8 bundle run by the runtime."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    set: str
    seed: int
    measured: datetime = Field(description="UTC")
    fitted: int = Field(description="good pictures that the model was fitted on")
    calibrated: int = Field(description="good pictures that the threshold rests on")
    good: int = Field(description="good test pictures")
    anomalous: int = Field(description="anomalous test pictures")
    image_auroc: float
    image_auroc_interval: tuple[float, float] = Field(description="95 % bootstrap interval over test pictures")
    image_ap: float
    image_f1: float = Field(description="at the calibrated threshold")
    precision: float = Field(description="at the calibrated threshold")
    recall: float = Field(description="at the calibrated threshold")
    best_f1: float = Field(description="at the threshold that is best for these very test pictures")
    pixel_auroc: float | None = Field(description="where the set has masks")
    pixel_aupro: float | None = Field(description="where the set has masks")
    box_hit_rate: float | None = Field(description="where the set has boxes")
    promised_rate: float = Field(description="share of good parts that may be called anomalous")
    false_alarms: int = Field(description="good test pictures that were called anomalous")
    false_alarms_chance: float = Field(
        description="of at least as many, if test pictures and those calibrated on were alike"
    )
    fp32_image_auroc: float = Field(description="of the float bundle, by the runtime")
    refused: str = Field(description="why 'edge-ad export' would refuse this INT8 model; empty where it would not")
    train_s: float
    export_s: float = Field(description="fp32, fp16 and int8 with their comparison on all test pictures")
    bundle_bytes: int = Field(description=".xml and .bin")
    others_cores: float = Field(description="cores that other processes kept busy meanwhile")

    @property
    def key(self) -> Key:
        return Key(self.model, self.set, self.seed)


def measure(key: Key, dataset: Dataset, work: Path) -> Cell:
    """Trains, exports and evaluates one cell with the defaults of the commands.

    Args:
        key: model and seed; the set is named by it.
        dataset: the set's pictures, in the MVTec layout.
        work: folder for checkpoint and bundle.

    Raises:
        EdgeAdError: the model cannot be trained or exported, or a picture cannot be read.
    """
    others = Others()
    kind = find_kind(key.model)
    options = options_of(kind, {}).model_dump()
    setup = Setup(
        model=key.model, height=kind.side, width=kind.side, backbone=kind.backbone, seed=key.seed, options=options
    )
    began_s = time.monotonic()
    trained = train(dataset, setup, work, name=key.set, false_alarm_rate=DEFAULT_RATE, augment=kind.copies)
    train_s = time.monotonic() - began_s
    return judged_cell(key, dataset, trained.checkpoint, train_s, work / f"{key.set}.xml", others)


def judged_cell(
    key: Key, dataset: Dataset, checkpoint: Path, train_s: float, bundle: Path, others: Others
) -> Cell:
    """Exports a checkpoint to INT8 and judges the set's test pictures by it.

    Args:
        key: what the checkpoint is.
        dataset: the set's pictures.
        checkpoint: of a training.
        train_s: what the training took.
        bundle: the .xml to write.
        others: made when the measurement began.

    Raises:
        EdgeAdError: the model cannot be exported, or a picture cannot be read.
    """
    began_s = time.monotonic()
    exported = export(
        checkpoint,
        bundle,
        precision="int8",
        test=dataset.root,
        false_alarm_rate=DEFAULT_RATE,
        allow_drop=True,
    )
    export_s = time.monotonic() - began_s
    scored = judge_test_pictures(exported.bundle.path, dataset)
    return Cell(
        model=key.model,
        set=key.set,
        seed=key.seed,
        measured=datetime.now(UTC),
        fitted=exported.bundle.card.training.pictures,
        refused=_refusal(exported),
        fp32_image_auroc=next(row.image_auroc for row in exported.rows if row.precision == "fp32"),
        train_s=round(train_s, 1),
        export_s=round(export_s, 1),
        bundle_bytes=bundle_bytes(exported.bundle.path),
        others_cores=others.cores(),
        **_figures(exported, scored),
    )


def judge_test_pictures(path: Path, dataset: Dataset) -> list[Scored]:
    """Loads a bundle from disk and lets the runtime judge every labelled picture.

    Raises:
        PictureError: a picture cannot be decoded; figures of a part of a set could not be compared.
    """
    engine = Engine(load_bundle(path), device="CPU")

    def judge(pixels: Picture) -> tuple[float, Map | None]:
        raw = engine.infer(pixels)
        return raw.score, raw.anomaly_map

    skipped: list[Path] = []
    scored = list(score_samples(dataset.test, judge, skipped))
    if skipped:
        raise PictureError(f"{len(skipped)} pictures of {dataset.name} cannot be decoded: {skipped[0]} ...")
    return scored


def bundle_bytes(path: Path) -> int:
    """Size of both files of a bundle."""
    return path.stat().st_size + path.with_suffix(".bin").stat().st_size


def _figures(exported: Exported, scored: list[Scored]) -> dict[str, Any]:
    calibration = exported.bundle.card.calibration
    good = [s.score for s in scored if not s.label]
    anomalous = [s.score for s in scored if s.label]
    alarms = sum(score > calibration.threshold for score in good)
    computed = metrics(scored, calibration.threshold)
    return {
        "calibrated": calibration.pictures,
        "good": len(good),
        "anomalous": len(anomalous),
        "image_auroc_interval": auroc_interval(good, anomalous),
        "promised_rate": calibration.false_alarm_rate,
        "false_alarms": alarms,
        "false_alarms_chance": conformal.chance(
            alarms,
            len(good),
            pictures=calibration.pictures,
            false_alarm_rate=calibration.false_alarm_rate,
        ),
        **{name: computed[name] for name in FIGURES},
    }


def _refusal(exported: Exported) -> str:
    try:
        check(exported.rows, allow_drop=False)
    except TrainingError as error:
        return error.message
    return ""
