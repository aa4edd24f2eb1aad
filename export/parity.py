"""Does the exported model still say what the trained one said? One row per precision."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from sklearn.metrics import roc_auc_score

from edge.errors import TrainingError
from edge.inference.engine import Raw

MOST_AUROC_DROP = 0.005
LEAST_MAP_CORRELATION = 0.95
# Without labels, on good pictures alone, which differ little: a padim model in 8 bits that lost nothing on
# labelled bottles reached 0.88 on good ones.
LEAST_SCORE_CORRELATION = 0.7
SAME = 0.01  # scores that differ by no more are the same, however little good parts differ

Results = Mapping[Path, Raw]


@dataclass(frozen=True)
class ParityRow:
    """One precision against the torch model.

    Attributes:
        precision: "torch", "fp32", "fp16" or "int8".
        score_correlation: Pearson, over all pictures.
        largest_difference: of a score, relative to the mean size of the torch model's scores; a single one may be
            close to 0, where scores are deviations or densities.
        map_correlation: Pearson over the pixels of a picture's map, but for those that are exactly 0 in both, as
            outside of a window; mean over pictures; None without maps.
        image_auroc: on the labelled pictures; None without labels of both kinds.
        threshold: calibrated on this very model.
    """

    precision: str
    score_correlation: float
    largest_difference: float
    map_correlation: float | None
    image_auroc: float | None
    threshold: float

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def compare(
    precision: str, results: Results, reference: Results, labels: Mapping[Path, int], threshold: float
) -> ParityRow:
    """Compares one precision's results with the torch model's on the same pictures."""
    paths = list(reference)
    scores = np.array([results[path].score for path in paths])
    expected = np.array([reference[path].score for path in paths])
    return ParityRow(
        precision=precision,
        score_correlation=_correlation(scores, expected),
        largest_difference=float(np.abs(scores - expected).max() / max(np.abs(expected).mean(), 1e-12)),
        map_correlation=_map_correlation(results, reference),
        image_auroc=_auroc(results, labels),
        threshold=threshold,
    )


def check(rows: Sequence[ParityRow], *, allow_drop: bool) -> None:
    """Refuses a model of 8 or 16 bits that forgot what the float one knew.

    Args:
        rows: of one export, "fp32" among them, the precision to ship last.
        allow_drop: accept it all the same.

    Raises:
        TrainingError: it loses more AUROC than ``MOST_AUROC_DROP``; without labels its scores, or with maps its
            maps, correlate with those of the trained model by less than ``LEAST_SCORE_CORRELATION`` or
            ``LEAST_MAP_CORRELATION``; or a score is no number.
    """
    if allow_drop:
        return
    shipped, full = rows[-1], next(row for row in rows if row.precision == "fp32")
    if complaints := _complaints(shipped, full):
        sound = [
            row for row in rows if row.precision not in ("torch", shipped.precision) and not _complaints(row, full)
        ]
        more = f"--precision {sound[-1].precision} passes; or " if sound else ""
        raise TrainingError(
            f"the {shipped.precision.upper()} model is refused: {'; '.join(complaints)}",
            hint=f"{more}give more varied good pictures, or accept it with --allow-drop",
        )


def _complaints(row: ParityRow, full: ParityRow) -> list[str]:
    """What a precision lost of what the float one knew, or of the trained model."""
    found = []
    if row.image_auroc is not None and full.image_auroc is not None:
        drop = full.image_auroc - row.image_auroc
        if drop > MOST_AUROC_DROP:
            found.append(f"image AUROC falls by {drop:.4f} (limit {MOST_AUROC_DROP})")
    elif row.largest_difference > SAME and row.score_correlation < LEAST_SCORE_CORRELATION:
        found.append(
            f"scores correlate by {row.score_correlation:.3f} with the trained model's "
            f"(least {LEAST_SCORE_CORRELATION})"
        )
    if not math.isfinite(row.score_correlation):
        found.append("a score is no number")
    correlation = row.map_correlation
    if correlation is not None and not correlation >= LEAST_MAP_CORRELATION:
        found.append(
            f"maps correlate by {correlation:.3f} with the trained model's (least {LEAST_MAP_CORRELATION})"
        )
    return found


def as_table(rows: Sequence[ParityRow]) -> Table:
    """The rows for a terminal."""
    table = Table(title="Parity with the trained model")
    for column in (
        "precision",
        "score correlation",
        "largest difference",
        "map correlation",
        "AUROC",
        "threshold",
    ):
        table.add_column(column, justify="left" if column == "precision" else "right")
    for row in rows:
        table.add_row(
            row.precision,
            f"{row.score_correlation:.5f}",
            f"{row.largest_difference:.2%}",
            "-" if row.map_correlation is None else f"{row.map_correlation:.4f}",
            "-" if row.image_auroc is None else f"{row.image_auroc:.4f}",
            f"{row.threshold:.4g}",
        )
    return table


def _map_correlation(results: Results, reference: Results) -> float | None:
    each = []
    for path, raw in reference.items():
        anomaly_map = results[path].anomaly_map
        if raw.anomaly_map is None or anomaly_map is None:
            return None
        looked = (anomaly_map != 0) | (raw.anomaly_map != 0)
        each.append(_correlation(anomaly_map[looked], raw.anomaly_map[looked]))
    return float(np.mean(each))


def _correlation(left: NDArray[np.floating], right: NDArray[np.floating]) -> float:
    """Pearson's, and what it does not say: 1 for nothing at all and for constants that differ by no more than
    ``SAME``, 0 for other constants and where one is constant and the other varies; NaN where one is not finite."""
    left, right = left.astype(np.float64), right.astype(np.float64)
    if not left.size:
        return 1.0
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return math.nan
    # Before the means are taken off: that makes all constants alike, or leaves noise of rounding for a shape.
    level = left.min() == left.max(), right.min() == right.max()
    if any(level):
        return float(all(level) and math.isclose(left[0], right[0], rel_tol=SAME))
    left, right = left - left.mean(), right - right.mean()
    return float(left @ right / (np.linalg.norm(left) * np.linalg.norm(right)))


def _auroc(results: Results, labels: Mapping[Path, int]) -> float | None:
    given = [labels[path] for path in labels]
    scores = [results[path].score for path in labels]
    if len(set(given)) < 2 or not np.isfinite(scores).all():
        return None if len(set(given)) < 2 else 0.0
    return float(roc_auc_score(given, scores))
