"""What the float model of the checkpoint says: the reference of the parity table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge import progress
from edge.inference.engine import Raw
from edge.scorers.jitter import copies_of
from edge.scorers.scorer import Scorer
from export.material import Material
from train.checkpoint import Header
from train.cross_fit import CrossFit, cross_fit, joined
from train.models.model import Model, outputs_of
from train.models.registry import find_kind, options_of

Array = NDArray[np.float32]


def torch_results(model: Model, header: Header, material: Material) -> dict[Path, Raw]:
    """The results of all pictures that were not fitted on; of those in folds by scorers of the other folds.

    Where the export fits on other pictures than the training did, so does the reference: else two fits would be
    compared, and not two forms of one.
    """
    results: dict[Path, Raw] = {}
    scorer = model.scorer
    if material.folds:
        cross = _cross_fit(model, material)
        scorer, results = cross.scorer, cross_results(cross, material)
    elif material.training.fitted != header.training.fitted:
        scorer = _fit(model, material)
    pictures = (*material.calibration, *material.labelled)
    if not pictures:
        return results
    with progress.bar("torch: scores", len(pictures)) as seen:
        batches = replace(model, scorer=scorer).predict((pixels for _, pixels in pictures), seen=seen)
        scored = (pair for batch in batches for pair in batch.each())
        for (path, _), (score, anomaly_map) in zip(pictures, scored, strict=True):
            results[path] = Raw(score, anomaly_map, 0.0, 0.0)
    return results


def cross_results(cross: CrossFit, material: Material) -> dict[Path, Raw]:
    """What scorers of the other folds say about each good picture."""
    maps = cross.maps if cross.maps is not None else [None] * len(cross.scores)
    return {
        path: Raw(float(score), anomaly_map, 0.0, 0.0)
        for (path, _), score, anomaly_map in zip(material.fit, cross.scores, maps, strict=True)
    }


def _cross_fit(model: Model, material: Material) -> CrossFit:
    setup = model.setup
    kind = find_kind(setup.model)
    options = options_of(kind, setup.options)
    features = joined(_features(model, material))
    return cross_fit(
        *(kind, features, material.folds, setup.size, options, setup.seed),
        copies=copies_of(material.jitter),
        keep_maps=True,
        description="torch: ",
    )


def _fit(model: Model, material: Material) -> Scorer:
    setup = model.setup
    kind = find_kind(setup.model)
    options = options_of(kind, setup.options)
    return kind.fit(_features(model, material), setup.size, options, setup.seed, progress.silent)


def _features(model: Model, material: Material) -> Iterator[Sequence[Array]]:
    with progress.bar("torch: features of good pictures", material.fitted_count) as seen:
        yield from outputs_of(model.network, material.fitted(), model.setup.size, seen=seen)
