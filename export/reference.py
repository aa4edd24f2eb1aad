"""What the float model of the checkpoint says: the reference of the parity table."""

from __future__ import annotations

from pathlib import Path

from edge import progress
from edge.inference.engine import Raw
from export.material import Material
from train.cross_fit import CrossFit, cross_fit, joined
from train.models.feature_model import FeatureModel, extract
from train.models.registry import find_kind, options_of


def torch_results(model: FeatureModel, material: Material) -> dict[Path, Raw]:
    """The results of all pictures that were not fitted on; of those in folds by scorers of the other folds."""
    pictures = (*material.calibration, *material.labelled)
    results = cross_results(_cross_fit(model, material), material) if material.folds else {}
    with progress.bar("torch: scores", len(pictures)) as seen:
        batches = model.predict((pixels for _, pixels in pictures), seen=seen)
        scored = ((score, each) for batch in batches for score, each in zip(batch.scores, batch.maps, strict=True))
        for (path, _), (score, anomaly_map) in zip(pictures, scored, strict=True):
            results[path] = Raw(float(score), anomaly_map, 0.0, 0.0)
    return results


def cross_results(cross: CrossFit, material: Material) -> dict[Path, Raw]:
    """What scorers of the other folds say about each good picture."""
    maps = cross.maps if cross.maps is not None else [None] * len(cross.scores)
    return {
        path: Raw(float(score), anomaly_map, 0.0, 0.0)
        for (path, _), score, anomaly_map in zip(material.fit, cross.scores, maps, strict=True)
    }


def _cross_fit(model: FeatureModel, material: Material) -> CrossFit:
    setup = model.setup
    kind = find_kind(setup.model)
    options = options_of(kind, setup.options)
    with progress.bar("torch: features of good pictures", len(material.fit)) as seen:
        pictures = (pixels for _, pixels in material.fit)
        features = joined(extract(model.extractor, pictures, setup.size, seen=seen))
    return cross_fit(
        *(kind, features, material.folds, setup.size, options, setup.seed), keep_maps=True, description="torch: "
    )
