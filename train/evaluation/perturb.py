"""``edge-ad evaluate --perturb``: judges test pictures as they are and under every change of the grid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edge import progress
from edge.errors import PictureError, TrainingError
from edge.inference.batch import score_pictures
from edge.inference.card import Calibration
from edge.inference.engine import Engine
from edge.pictures import Picture, readable
from train.data.dataset import Dataset
from train.evaluation.perturb_levels import GRID
from train.evaluation.perturbed import Perturbed, tabulate

EACH = 1 + len(GRID)  # judgements of one picture


def perturb(engine: Engine, dataset: Dataset, calibration: Calibration) -> Perturbed:
    """Judges every test picture under every change, by the daemon's own path.

    The changes are made to the camera's picture, at full size. Pictures that cannot be decoded are left out.

    Args:
        engine: the compiled bundle.
        dataset: with labelled pictures.
        calibration: in force; its threshold and the rate that it was set for.

    Raises:
        PictureError: no picture can be decoded.
        TrainingError: a score is not finite.
    """
    labels = {sample.path: sample.label for sample in dataset.test}
    longer_px: list[int] = []
    skipped: list[Path] = []
    with progress.bar("judging changed pictures", len(labels) * EACH) as seen:
        changed = _changed(list(labels), longer_px, skipped)
        found = [(path, raw.score) for path, raw in score_pictures(engine, changed, seen=seen)]
        seen(len(skipped) * EACH)
    if not found:
        raise PictureError(f"no picture of {dataset.root} can be decoded", hint="look at the files")
    scores = np.array([score for _, score in found]).reshape(-1, EACH)
    if not np.isfinite(scores).all():
        raise TrainingError(
            "the score of a changed picture is not finite",
            hint="the model is unusable; train and export it again, at --precision fp32 if this was int8",
        )
    judged = np.array([labels[path] for path, _ in found[::EACH]])
    return tabulate(scores, judged, calibration, longer_px=int(np.median(longer_px)))


def _changed(paths: list[Path], longer_px: list[int], skipped: list[Path]) -> Iterator[tuple[Path, Picture]]:
    """Each picture as it is, then under every change; a few are in memory at a time."""
    for path, pixels in readable(paths, skipped):
        longer_px.append(max(pixels.shape))
        yield path, pixels
        for level in GRID:
            yield path, level.of(pixels)
