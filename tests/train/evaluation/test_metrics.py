from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from edge.errors import TrainingError
from train.data.dataset import Box
from train.evaluation.metrics import metrics
from train.evaluation.scores import Scored

KEYS = [
    "image_auroc",
    "image_ap",
    "image_f1",
    "precision",
    "recall",
    "best_f1",
    "threshold",
    "pixel_auroc",
    "pixel_aupro",
    "box_hit_rate",
    "separation_ratio",
    "per_defect",
]


def _scored(defect: str, score: float, peak: tuple[int, int] | None = None, **more: object) -> Scored:
    anomaly_map = None
    if peak:
        anomaly_map = np.zeros((6, 8), np.float32)
        anomaly_map[peak] = 1
    return Scored(Path(f"{defect}.png"), int(defect != "good"), defect, score, anomaly_map, **more)  # type: ignore[arg-type]


def _mask(row: int, col: int) -> np.ndarray:
    mask = np.zeros((6, 8), bool)
    mask[row, col] = True
    return mask


GOOD = [_scored("good", 1.0, (0, 0)), _scored("good", 3.0, (0, 0))]


def test_every_figure_of_a_small_case_by_hand() -> None:
    found = metrics(
        [
            *GOOD,
            _scored("crack", 4.0, (2, 3), mask=_mask(2, 3)),
            _scored("poke", 2.0, (5, 5), boxes=(Box(0, 0, 1, 1),)),
            _scored("poke", 6.0, (1, 1), boxes=(Box(0, 0, 1, 1),)),
        ],
        3.5,
    )
    assert list(found) == KEYS
    assert found["image_auroc"] == pytest.approx(5 / 6)
    assert (found["precision"], found["recall"], found["image_f1"]) == pytest.approx((1.0, 2 / 3, 0.8))
    assert found["best_f1"] == pytest.approx(6 / 7)
    assert found["threshold"] == 3.5
    assert found["separation_ratio"] == pytest.approx(4.0 / 2.0)
    # The only mask against 3 x 48 - 1 pixels outside, two of which tie with it at the top.
    assert found["pixel_auroc"] == pytest.approx((141 + 2 / 2) / 143)
    assert found["box_hit_rate"] == pytest.approx(1 / 2)
    assert found["per_defect"] == {
        "crack": {"count": 1, "mean_score": 4.0, "detected": 1.0, "image_auroc": 1.0},
        "poke": {"count": 2, "mean_score": 4.0, "detected": 0.5, "image_auroc": 0.75},
    }


def test_good_pictures_alone_leave_only_the_threshold() -> None:
    found = metrics(GOOD, 0.5)
    assert list(found) == KEYS
    assert {key: value for key, value in found.items() if value is not None} == {
        "threshold": 0.5,
        "per_defect": {},
    }


def test_a_model_without_maps_has_no_pixel_figures() -> None:
    found = metrics([_scored("good", 1.0), _scored("crack", 2.0)], 1.5)
    assert (found["pixel_auroc"], found["pixel_aupro"], found["box_hit_rate"]) == (None, None, None)
    assert found["image_auroc"] == 1.0


def test_anomalous_pictures_without_a_mask_do_not_count_as_background() -> None:
    """Their maps peak on a defect that nobody has drawn."""
    drawn = _scored("crack", 4.0, (2, 3), mask=_mask(2, 3))
    undrawn = dataclasses.replace(drawn, mask=None, map=np.full((6, 8), 9, np.float32))
    assert metrics([*GOOD, drawn, undrawn], 1)["pixel_auroc"] == metrics([*GOOD, drawn], 1)["pixel_auroc"]


def test_anomalous_pictures_alone() -> None:
    found = metrics([_scored("crack", 4.0), _scored("crack", 1.0)], 2.0)
    assert found["per_defect"] == {"crack": {"count": 2, "mean_score": 2.5, "detected": 0.5, "image_auroc": None}}
    assert found["image_auroc"] is None


def test_figures_are_plain_json() -> None:
    found = metrics([*GOOD, _scored("crack", 4.0, (2, 3), mask=_mask(2, 3))], np.float32(3.5))
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_pictures_without_a_finite_answer_are_named(score: float) -> None:
    with pytest.raises(
        TrainingError, match=r"not finite for 4 of 6 pictures: crack\.png, crack\.png, crack\.png, \.\.\."
    ):
        metrics([*GOOD, *[_scored("crack", score)] * 4], 1.0)
    broken = dataclasses.replace(GOOD[0], map=np.full((2, 2), score, np.float32))
    with pytest.raises(TrainingError, match="not finite for 1 of 2"):
        metrics([broken, GOOD[1]], 1.0)
