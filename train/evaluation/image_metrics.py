"""How well scores part good pictures from anomalous ones. Pure functions on arrays.

Labels are int [n], 0 good and 1 anomalous; scores are float [n], higher is more anomalous. A picture is called
anomalous when its score is above the threshold. Figures are None where one of the classes they need is absent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

Labels = NDArray[np.int_]
Scores = NDArray[np.float64]


def auroc(labels: Labels, scores: Scores) -> float | None:
    """Chance that an anomalous picture scores above a good one, ties counting half."""
    return float(roc_auc_score(labels, scores)) if both_classes(labels) else None


def average_precision(labels: Labels, scores: Scores) -> float | None:
    """Mean of the precision over the recall that each score reaches as a threshold."""
    return float(average_precision_score(labels, scores)) if both_classes(labels) else None


def precision_recall_f1(
    labels: Labels, scores: Scores, threshold: float
) -> tuple[float | None, float | None, float | None]:
    """(precision, recall, F1) at a threshold; a precision of nothing called anomalous is 0."""
    if not both_classes(labels):
        return None, None, None
    found = int(np.count_nonzero(scores[labels == 1] > threshold))
    called = int(np.count_nonzero(scores > threshold))
    anomalous = int(np.count_nonzero(labels))
    return found / called if called else 0.0, found / anomalous, 2 * found / (called + anomalous)


def best_f1(labels: Labels, scores: Scores) -> tuple[float | None, float | None]:
    """(highest F1, the lowest score that is called anomalous there)."""
    if not both_classes(labels):
        return None, None
    precision, recall, thresholds = precision_recall_curve(labels, scores)
    total = precision[:-1] + recall[:-1]
    f1 = 2 * precision[:-1] * recall[:-1] / np.where(total > 0, total, 1.0)
    best = int(np.argmax(f1))
    return float(f1[best]), float(thresholds[best])


def at_best(labels: Labels, scores: Scores) -> tuple[float | None, float | None, float | None]:
    """(threshold, precision, recall) where F1 is highest; scores from the threshold on are called anomalous."""
    threshold = best_f1(labels, scores)[1]
    if threshold is None:
        return None, None, None
    precision, recall, _ = precision_recall_f1(labels, scores, float(np.nextafter(threshold, -np.inf)))
    return threshold, precision, recall


def separation_ratio(labels: Labels, scores: Scores) -> float | None:
    """Mean score of anomalous pictures over that of good ones; None where the latter is not positive."""
    if not both_classes(labels):
        return None
    mean_good = float(scores[labels == 0].mean())
    return float(scores[labels == 1].mean()) / mean_good if mean_good > 0 else None


def both_classes(labels: Labels) -> bool:
    """Whether there are good and anomalous pictures."""
    return bool((labels == 0).any() and (labels == 1).any())
