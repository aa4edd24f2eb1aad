"""Real parts for the drift benchmark: a model of some, scores and figures of the others as the light changes."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.camera_faults_pictures import Change, lit, moved
from benchmarks.datasets import find_set
from edge import progress
from edge.health.camera_faults.figures import Figures
from edge.health.camera_faults.sharpness import Sharpness
from edge.health.camera_faults.taking import Look, look_at
from edge.health.camera_faults.view import Stamp, stamp_size
from edge.inference.bundle import load_bundle
from edge.inference.calibrate import DEFAULT_RATE
from edge.inference.engine import Engine
from edge.pictures import Picture, read_picture
from export.export import export
from train.backbones.registry import DEFAULT as BACKBONE
from train.data.mvtec import read_mvtec
from train.fit import train
from train.models.registry import DEFAULT, find_kind, options_of
from train.models.setup import Setup

FITTED = 120  # good pictures that the model is made of
MOST = 300  # other good pictures, at most
DEFECTIVE = 60
SIDE_PX = 256
BLUR = 1.5 / 512  # half of what is called a fault of the camera


def softer(pixels: Picture) -> Picture:
    """A little out of focus."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), BLUR * pixels.shape[1]), np.uint8)


CHANGES: dict[str, Change] = {
    "lamp -15 %": lit(0.85),
    "lamp +15 %": lit(1.15),
    "blur, sigma 1.5 px of 512": softer,
    "shift by 1.2 %": moved(right=0.012),
}


@dataclass(frozen=True)
class KeptFigures:
    """What the drift watch asks of a picture's ``Figures``, without the picture."""

    shape: tuple[int, int]
    of_stamp: Stamp
    sharpness: Sharpness

    def stamp(self, size: tuple[int, int]) -> Stamp:
        """All pictures of a set have one size, and so have their stamps."""
        assert self.of_stamp.shape == size
        return self.of_stamp


@dataclass(frozen=True)
class Part:
    """One picture of a part.

    Attributes:
        score: of the INT8 bundle.
        figures: for the drift watch.
        look: for a reference; None for pictures that are in none.
    """

    score: float
    figures: KeptFigures
    look: Look | None = None


@dataclass(frozen=True)
class Parts:
    """A set of parts that the model was not fitted on.

    Attributes:
        good: as they are.
        changed: the same in the same order, by change.
        defective: as they are.
    """

    good: Sequence[Part]
    changed: Mapping[str, Sequence[Part]]
    defective: Sequence[Part]


def parts_of(name: str, work: Path) -> Parts:
    """Makes an INT8 bundle of some good pictures of a set and judges the others with it.

    Training and test pictures are pooled and divided by chance, so that those to come are like those before.

    Raises:
        PictureError: the set is not here.
    """
    dataset = find_set(name, work / "sets")
    good = [*dataset.train, *(sample.path for sample in dataset.test if not sample.label)]
    random.Random(0).shuffle(good)  # noqa: S311 - a draw, not a secret
    defective = [sample.path for sample in dataset.test if sample.label][:DEFECTIVE]
    others = good[FITTED : FITTED + MOST]
    engine = _engine(name, good[:FITTED], others, defective, work / "made" / name)
    with progress.bar(f"{name}: scores", (len(CHANGES) + 1) * len(others) + len(defective)) as seen:

        def judged(paths: Sequence[Path], change: Change | None = None) -> list[Part]:
            return [_part(engine, path, change, seen) for path in paths]

        changed = {kind: judged(others, change) for kind, change in CHANGES.items()}
        return Parts(judged(others), changed, judged(defective))


def _engine(name: str, fit: Sequence[Path], good: Sequence[Path], bad: Sequence[Path], folder: Path) -> Engine:
    """Trains and exports as a user would, with the commands' defaults."""
    for kind, paths in {"train/good": fit, "test/good": good, "test/defective": bad}.items():
        (folder / kind).mkdir(parents=True)
        for number, path in enumerate(paths):
            (folder / kind / f"{number:04}{path.suffix}").symlink_to(path.resolve())
    dataset = read_mvtec(folder)
    options = options_of(find_kind(DEFAULT), {}).model_dump()
    setup = Setup(model=DEFAULT, height=SIDE_PX, width=SIDE_PX, backbone=BACKBONE, seed=0, options=options)
    made = train(dataset, setup, folder / "run", name=name, false_alarm_rate=DEFAULT_RATE)
    path = folder / f"{name}.xml"
    export(made.checkpoint, path, precision="int8", false_alarm_rate=DEFAULT_RATE)
    return Engine(load_bundle(path), device="CPU")


def _part(engine: Engine, path: Path, change: Change | None, seen: Callable[[int], None]) -> Part:
    pixels = read_picture(path)
    pixels = change(pixels) if change else pixels
    prepared = engine.prepare(pixels)
    score = engine.run(prepared).score
    figures = Figures(prepared.picture, (pixels.shape[0], pixels.shape[1]))
    kept = KeptFigures(figures.shape, figures.stamp(stamp_size(*figures.shape)), figures.sharpness)
    look = None if change else look_at(pixels, lambda _: prepared.picture)
    seen(1)
    return Part(score, kept, look)
