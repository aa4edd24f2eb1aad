"""The bundles whose speed is measured: the default model on solar cells, so that anyone can make the same."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.cell import bundle_bytes
from benchmarks.datasets import find_set
from edge.inference.calibrate import DEFAULT_RATE
from export.export import export
from export.variants import Precision
from train.backbones.registry import DEFAULT as BACKBONE
from train.data.dataset import Dataset
from train.fit import train
from train.models.registry import DEFAULT, find_kind, options_of
from train.models.setup import Setup

SET = "elpv-mono"
SHOWN = 8  # different frames; each is 6 MB in memory


class BundleCost(BaseModel):
    """What one precision takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    precision: str
    export_s: float = Field(description="with the comparison on good pictures and all precisions on the way")
    bytes: int = Field(description=".xml and .bin")


@dataclass(frozen=True)
class Bundles:
    """Bundles by precision, and pictures to show them.

    Attributes:
        paths: the .xml of each precision.
        costs: in the same order.
        train_s: seconds of the one training.
        pictures: test pictures, good and defective in turn.
    """

    paths: dict[str, Path]
    costs: tuple[BundleCost, ...]
    train_s: float
    pictures: list[Path]


def make_bundles(precisions: Sequence[Precision], work: Path) -> Bundles:
    """Trains once and exports each precision into ``work``.

    Raises:
        EdgeAdError: the solar cells are not here, or the model cannot be made.
    """
    dataset = find_set(SET, work)
    kind = find_kind(DEFAULT)
    options = options_of(kind, {}).model_dump()
    setup = Setup(model=DEFAULT, height=kind.side, width=kind.side, backbone=BACKBONE, seed=0, options=options)
    began_s = time.monotonic()
    checkpoint = train(dataset, setup, work, name=SET, false_alarm_rate=DEFAULT_RATE).checkpoint
    train_s = round(time.monotonic() - began_s, 1)
    paths: dict[str, Path] = {}
    costs = []
    for precision in precisions:
        path = work / f"{precision}.xml"
        began_s = time.monotonic()
        export(checkpoint, path, precision=precision, false_alarm_rate=DEFAULT_RATE)
        export_s = round(time.monotonic() - began_s, 1)
        costs.append(BundleCost(precision=precision, export_s=export_s, bytes=bundle_bytes(path)))
        paths[precision] = path
    return Bundles(paths, tuple(costs), train_s, shown_pictures(dataset))


def shown_pictures(dataset: Dataset) -> list[Path]:
    good = [sample.path for sample in dataset.test if not sample.label]
    anomalous = [sample.path for sample in dataset.test if sample.label]
    return [path for pair in zip(good, anomalous, strict=False) for path in pair][:SHOWN]
