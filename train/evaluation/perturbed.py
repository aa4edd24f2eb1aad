"""What became of the figures under each change, and what the station therefore bears."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.inference.card import Calibration
from train.evaluation.image_metrics import auroc
from train.evaluation.perturb_levels import CHANGES, GRID, Change

MOST_AUROC_DROP = 0.01
RATE_WITHOUT = 0.05  # for a threshold that was set for none: without a bound, alarms on every part would be borne
_ROUNDING = 1e-9  # a share is borne that equals the sum it is compared with

Scores = NDArray[np.float64]
Labels = NDArray[np.int_]


@dataclass(frozen=True, slots=True)
class Row:
    """All test pictures under one change.

    Attributes:
        level: see ``Change.levels``; the neutral one for the pictures as they are.
        image_auroc: None unless there are good and anomalous pictures.
        false_alarms: share of good pictures called anomalous; None without good ones.
        missed: share of anomalous ones called good; None without anomalous ones.
        borne: whether false alarms and AUROC are within bounds, as far as they are known.
    """

    level: float
    image_auroc: float | None
    false_alarms: float | None
    missed: float | None
    borne: bool = True

    def as_json(self) -> dict[str, float | bool | None]:
        return {
            "image_auroc": self.image_auroc,
            "false_alarms": self.false_alarms,
            "missed": self.missed,
            "borne": self.borne,
        }


@dataclass(frozen=True)
class Perturbed:
    """Figures under each change.

    Attributes:
        unchanged: the pictures as they are.
        rows: by name of the change, levels ascending, the neutral one left out.
        longer_px: longer side of the pictures, for levels in pixels.
        most_false_alarms: share up to which a change is borne: twice the rate that the threshold was set for, and
            where the unchanged pictures give more than that rate, the rate on top of theirs. A threshold that was
            set for no rate is taken as one for 5 %. None without good pictures.
    """

    unchanged: Row
    rows: dict[str, tuple[Row, ...]]
    longer_px: int
    most_false_alarms: float | None

    def bears(self, change: Change) -> tuple[float, float]:
        """(lowest, highest) level between which all are borne; the neutral one twice where none is."""
        rows = self.rows[change.name]
        weaker = [row for row in reversed(rows) if row.level < change.neutral]
        stronger = [row for row in rows if row.level > change.neutral]
        return _last_borne(weaker, change.neutral), _last_borne(stronger, change.neutral)

    def each(self) -> Iterator[tuple[Change | None, str, Row]]:
        """(change, level for people, figures) in the grid's order; first the unchanged pictures, with None."""
        yield None, "", self.unchanged
        for change in CHANGES:
            for row in self.rows[change.name]:
                yield change, change.shown(row.level, self.longer_px), row

    def as_json(self) -> dict[str, Any]:
        """For metrics.json."""
        return {
            "sentence": sentence(self),
            "most_false_alarms": self.most_false_alarms,
            "most_auroc_drop": MOST_AUROC_DROP,
            "unchanged": self.unchanged.as_json(),
            "changes": {
                change.name: {
                    "unit": change.unit,
                    "bears": self.bears(change),
                    "levels": [
                        {"level": row.level, "shown": change.shown(row.level, self.longer_px), **row.as_json()}
                        for row in self.rows[change.name]
                    ],
                }
                for change in CHANGES
            },
        }


def tabulate(scores: Scores, labels: Labels, calibration: Calibration, *, longer_px: int) -> Perturbed:
    """Figures of every level of the grid.

    Args:
        scores: [pictures, 1 + levels]; the pictures as they are come first.
        labels: [pictures], 0 good and 1 anomalous.
        calibration: its threshold and the rate that it was set for.
        longer_px: longer side of the pictures.
    """
    rate, threshold = calibration.false_alarm_rate or RATE_WITHOUT, calibration.threshold
    unchanged = _row(0.0, scores[:, 0], labels, threshold)
    most = None if unchanged.false_alarms is None else rate + max(rate, unchanged.false_alarms)
    rows: dict[str, list[Row]] = {change.name: [] for change in CHANGES}
    for column, level in zip(scores.T[1:], GRID, strict=True):
        rows[level.change.name].append(_bounded(_row(level.value, column, labels, threshold), unchanged, most))
    return Perturbed(
        unchanged=unchanged,
        rows={name: tuple(each) for name, each in rows.items()},
        longer_px=longer_px,
        most_false_alarms=most,
    )


def sentence(perturbed: Perturbed) -> str:
    """What the station bears, in one line: "bears: lamp -10 % to +15 %, blur up to 0.2 % (1.8 px), ... (...)"."""
    most = perturbed.most_false_alarms
    limits = f"AUROC falls by at most {MOST_AUROC_DROP:g}"
    if most is not None:
        limits = f"false alarms stay within {most:.1%}, {limits}"
    return f"bears: {', '.join(_bounds(change, perturbed) for change in CHANGES)} ({limits})"


def _row(level: float, scores: Scores, labels: Labels, threshold: float) -> Row:
    good, anomalous = scores[labels == 0], scores[labels == 1]
    return Row(
        level,
        auroc(labels, scores),
        float((good > threshold).mean()) if good.size else None,
        float((anomalous <= threshold).mean()) if anomalous.size else None,
    )


def _bounded(row: Row, unchanged: Row, most_false_alarms: float | None) -> Row:
    share = row.false_alarms
    if share is not None and most_false_alarms is not None and share > most_false_alarms + _ROUNDING:
        return replace(row, borne=False)
    if row.image_auroc is not None and unchanged.image_auroc is not None:
        return replace(row, borne=row.image_auroc >= unchanged.image_auroc - MOST_AUROC_DROP)
    return row


def _last_borne(outward: list[Row], neutral: float) -> float:
    """The level before the first one that is not borne."""
    reached = neutral
    for row in outward:
        if not row.borne:
            break
        reached = row.level
    return reached


def _bounds(change: Change, perturbed: Perturbed) -> str:
    bounds = perturbed.bears(change)
    if bounds == (change.neutral, change.neutral):
        return f"no {change.name}" if change.neutral == 0 else f"{change.name} {change.neutral:g}"
    low, high = (change.shown(level, perturbed.longer_px) for level in bounds)
    if change.levels[0] < change.neutral < change.levels[-1]:
        return f"{change.name} {low} to {high}"
    return f"{change.name} down to {low}" if change.neutral else f"{change.name} up to {high}"
