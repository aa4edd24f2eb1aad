"""What a product that was taught on the device tells apart, against the workstation's train and export."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from benchmarks.cell import Key, judge_test_pictures, measure
from benchmarks.datasets import find_set
from benchmarks.interval import pooled_auroc
from benchmarks.teach_backbones import KINDS, make_backbone
from edge.pictures import read_picture
from edge.teaching.backbone import BackboneBundle
from edge.teaching.fit import fit
from edge.teaching.session import Session
from edge.teaching.step import forward

Scores = NDArray[np.float64]


class Accuracy(BaseModel):
    """One way to a model on one set, over some runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    set: str
    way: str = Field(description="what the backbone's 8 bits were set on, or the workstation")
    runs: int = Field(description="seeds: of the split; in the curve of the pictures drawn too")
    pictures: int = Field(description="good pictures taught with, those for the threshold included")
    image_auroc: float = Field(description="mean over the runs")
    interval: tuple[float, float] = Field(description="95 % bootstrap, over test pictures and runs")
    promised: float = Field(description="false-alarm rate that the pictures could promise, at best 5 %")
    false_alarms: float = Field(description="share of good test pictures called anomalous, mean over the runs")


@dataclass(frozen=True)
class Run:
    """Raw scores of good and anomalous test pictures, the promised rate, and the share of good ones called so."""

    good: Scores
    anomalous: Scores
    promised: float
    alarms: float


def compare(names: Sequence[str], seeds: Sequence[int], work: Path) -> tuple[Accuracy, ...]:
    """The workstation and every kind of backbone, with all good pictures of each set."""
    rows = []
    for name in names:
        count = len(find_set(name, work / "sets").train)
        rows.append(
            row(name, "workstation, the product", count, [_workstation(name, seed, work) for seed in seeds])
        )
        for kind in KINDS:
            backbone = make_backbone(kind, name, work)
            runs = [_taught(name, backbone, seed, work) for seed in seeds]
            rows.append(row(name, f"teach, {kind}", count, runs))
    return tuple(rows)


def _taught(name: str, backbone: BackboneBundle, seed: int, work: Path) -> Run:
    dataset = find_set(name, work / "sets")
    with tempfile.TemporaryDirectory(dir=work) as folder:
        path = Path(folder) / f"{name}.xml"
        with Session(Path(folder) / "session", backbone, seed=seed) as session:
            for picture in dataset.train:
                session.add(read_picture(picture), name)
            taught = fit(session, backbone, forward(session), path, name=name, device="CPU")
        scored = judge_test_pictures(path, dataset)
    calibration = taught.calibration
    good = np.array([each.score for each in scored if not each.label])
    return Run(
        good=good,
        anomalous=np.array([each.score for each in scored if each.label]),
        promised=calibration.false_alarm_rate or 0.0,
        alarms=float((good > calibration.threshold).mean()),
    )


def _workstation(name: str, seed: int, work: Path) -> Run:
    dataset = find_set(name, work / "sets")
    with tempfile.TemporaryDirectory(dir=work) as folder:
        cell = measure(Key("padim", name, seed), dataset, Path(folder))
        scored = judge_test_pictures(Path(folder) / f"{name}.xml", dataset)
    return Run(
        good=np.array([each.score for each in scored if not each.label]),
        anomalous=np.array([each.score for each in scored if each.label]),
        promised=cell.promised_rate,
        alarms=cell.false_alarms / cell.good,
    )


def row(name: str, way: str, count: int, runs: Sequence[Run]) -> Accuracy:
    """Mean and interval of some runs."""
    mean, interval = pooled_auroc([(run.good, run.anomalous) for run in runs])
    return Accuracy(
        set=name,
        way=way,
        runs=len(runs),
        pictures=count,
        image_auroc=mean,
        interval=interval,
        promised=float(np.mean([run.promised for run in runs])),
        false_alarms=float(np.mean([run.alarms for run in runs])),
    )
