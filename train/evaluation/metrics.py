"""All figures of one evaluation, by the names that ``metrics.json`` has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edge.errors import TrainingError
from train.evaluation import image_metrics, pixel_metrics
from train.evaluation.scores import Scored


def metrics(scored: Sequence[Scored], threshold: float) -> dict[str, Any]:
    """Computes every figure; None where the data set or the model has nothing to compute it from.

    Args:
        scored: at least one picture.
        threshold: calibrated raw score; a picture is called anomalous when its score is higher.

    Returns:
        image_auroc, image_ap, best_f1, separation_ratio: of the scores, whatever the threshold.
        image_f1, precision, recall: at the threshold.
        pixel_auroc, pixel_aupro: over good pictures and the anomalous ones that have a mask.
        box_hit_rate: over anomalous pictures that have boxes.
        per_defect: for each defect its count, mean_score, detected (share above the threshold) and image_auroc
            against all good pictures.

    Raises:
        TrainingError: a score or a map is not finite. On the line such a part is unknown, neither good nor
            anomalous, and no figure here could say that.
    """
    _refuse_unknown(scored)
    labels = np.array([s.label for s in scored], dtype=np.int_)
    scores = np.array([s.score for s in scored], dtype=np.float64)
    precision, recall, f1 = image_metrics.precision_recall_f1(labels, scores, threshold)
    return {
        "image_auroc": image_metrics.auroc(labels, scores),
        "image_ap": image_metrics.average_precision(labels, scores),
        "image_f1": f1,
        "precision": precision,
        "recall": recall,
        "best_f1": image_metrics.best_f1(labels, scores)[0],
        "threshold": float(threshold),
        **_pixel_figures(scored),
        "separation_ratio": image_metrics.separation_ratio(labels, scores),
        "per_defect": {
            defect: _of_defect(scored, defect, threshold)
            for defect in sorted({s.defect for s in scored if s.label})
        },
    }


def _pixel_figures(scored: Sequence[Scored]) -> dict[str, float | None]:
    maps, masks, boxed_maps, boxes = [], [], [], []
    for s in scored:
        if s.map is None:
            continue
        if s.label and s.boxes:
            boxed_maps.append(s.map)
            boxes.append(s.boxes)
        if s.mask is not None or not s.label:
            maps.append(s.map)
            masks.append(s.mask if s.mask is not None and s.label else np.zeros(s.map.shape, dtype=np.bool_))
    return {
        "pixel_auroc": pixel_metrics.pixel_auroc(maps, masks),
        "pixel_aupro": pixel_metrics.aupro(maps, masks),
        "box_hit_rate": pixel_metrics.box_hit_rate(boxed_maps, boxes),
    }


def _of_defect(scored: Sequence[Scored], defect: str, threshold: float) -> dict[str, float | int | None]:
    anomalous = np.array([s.score for s in scored if s.label and s.defect == defect])
    good = np.array([s.score for s in scored if not s.label])
    labels = np.repeat(np.array([1, 0]), [anomalous.size, good.size])
    return {
        "count": int(anomalous.size),
        "mean_score": float(anomalous.mean()),
        "detected": float((anomalous > threshold).mean()),
        "image_auroc": image_metrics.auroc(labels, np.concatenate([anomalous, good])),
    }


def _refuse_unknown(scored: Sequence[Scored]) -> None:
    broken = [
        s.path.name
        for s in scored
        if not np.isfinite(s.score) or (s.map is not None and not np.isfinite(s.map).all())
    ]
    if broken:
        names = ", ".join(broken[:3]) + (", ..." if len(broken) > 3 else "")
        raise TrainingError(
            f"score or map is not finite for {len(broken)} of {len(scored)} pictures: {names}",
            hint="the model is unusable; train and export it again, at --precision fp32 if this was int8",
        )
