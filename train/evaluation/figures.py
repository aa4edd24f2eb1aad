"""What each figure of ``metrics.json`` means, in one line for the reader of a report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure's key in ``metrics.json``, the name people know it by, and its meaning."""

    key: str
    title: str
    meaning: str


FIGURES = (
    Figure(
        "threshold", "Threshold", "raw score above which a picture is called anomalous; set on good pictures alone"
    ),
    Figure("recall", "Recall", "share of the anomalous pictures that are found at the threshold"),
    Figure(
        "precision",
        "Precision",
        "share of the pictures called anomalous that are; depends on the mix of this test set",
    ),
    Figure("image_f1", "F1", "precision and recall at the threshold in one number (harmonic mean)"),
    Figure("best_f1", "Best F1", "the F1 that the best threshold for these very pictures would reach"),
    Figure(
        "image_auroc",
        "Image AUROC",
        "chance that an anomalous picture scores above a good one; 0.5 is guessing, 1 is perfect",
    ),
    Figure(
        "image_ap",
        "Average precision",
        "precision averaged over all recalls; 1 is perfect, guessing gives the share of anomalous pictures",
    ),
    Figure(
        "separation_ratio",
        "Separation ratio",
        "mean score of anomalous pictures over that of good ones; 1 is no difference",
    ),
    Figure(
        "pixel_auroc",
        "Pixel AUROC",
        "chance that a pixel inside a defect's mask has a higher map value than one outside",
    ),
    Figure(
        "pixel_aupro",
        "Pixel AUPRO",
        "mean share of each defect's area that the map covers, over false-positive rates up to 0.3; "
        "small defects count like large ones",
    ),
    Figure(
        "box_hit_rate",
        "Box hit rate",
        "share of anomalous pictures whose map has its maximum inside a box around the defect",
    ),
)
