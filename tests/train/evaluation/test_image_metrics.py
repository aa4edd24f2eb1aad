from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score

from train.evaluation import image_metrics

LABELS = np.array([0, 0, 0, 1, 1])
SCORES = np.array([0.1, 0.4, 0.6, 0.5, 0.9])


def test_hand_worked_case() -> None:
    """Of 6 pairs 5 are in order; ranked 1 0 1 0 0 the precision is 1 at recall 1/2 and 2/3 at recall 1."""
    assert image_metrics.auroc(LABELS, SCORES) == pytest.approx(5 / 6)
    assert image_metrics.average_precision(LABELS, SCORES) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert image_metrics.precision_recall_f1(LABELS, SCORES, 0.55) == pytest.approx((0.5, 0.5, 0.5))
    assert image_metrics.best_f1(LABELS, SCORES) == pytest.approx((0.8, 0.5))
    assert image_metrics.separation_ratio(LABELS, SCORES) == pytest.approx(0.7 / (1.1 / 3))


def test_a_score_on_the_threshold_is_good() -> None:
    assert image_metrics.precision_recall_f1(LABELS, SCORES, 0.9) == (0.0, 0.0, 0.0)
    assert image_metrics.precision_recall_f1(LABELS, SCORES, np.nextafter(0.9, 0)) == pytest.approx(
        (1, 0.5, 2 / 3)
    )


def test_equal_scores_are_a_coin_toss() -> None:
    same = np.ones(5)
    assert image_metrics.auroc(LABELS, same) == 0.5
    assert image_metrics.average_precision(LABELS, same) == pytest.approx(2 / 5)
    assert image_metrics.separation_ratio(LABELS, same) == 1.0


@pytest.mark.parametrize("labels", [np.zeros(5, int), np.ones(5, int)])
def test_one_class_alone_gives_none(labels: np.ndarray) -> None:
    assert image_metrics.auroc(labels, SCORES) is None
    assert image_metrics.average_precision(labels, SCORES) is None
    assert image_metrics.precision_recall_f1(labels, SCORES, 0.5) == (None, None, None)
    assert image_metrics.best_f1(labels, SCORES) == (None, None)
    assert image_metrics.separation_ratio(labels, SCORES) is None


def test_a_ratio_to_nothing_is_none() -> None:
    assert image_metrics.separation_ratio(LABELS, SCORES - 10) is None


labelled = st.lists(st.tuples(st.booleans(), st.integers(-20, 20)), min_size=2, max_size=40).filter(
    lambda pairs: len({label for label, _ in pairs}) == 2
)


@settings(deadline=None)
@given(labelled, st.integers(-21, 21))
def test_figures_agree_with_their_definitions(pairs: list[tuple[bool, int]], threshold: int) -> None:
    labels = np.array([int(label) for label, _ in pairs])
    scores = np.array([float(score) for _, score in pairs])
    called = scores > threshold
    assert image_metrics.precision_recall_f1(labels, scores, threshold) == pytest.approx(
        (
            precision_score(labels, called, zero_division=0),
            recall_score(labels, called),
            f1_score(labels, called, zero_division=0),
        )
    )
    compared = np.sign(scores[labels == 1][:, None] - scores[labels == 0][None, :])
    assert image_metrics.auroc(labels, scores) == pytest.approx((compared.mean() + 1) / 2)
    every = [f1_score(labels, scores >= score) for score in np.unique(scores)]
    f1, score = image_metrics.best_f1(labels, scores)
    assert f1 == pytest.approx(max(every))
    assert f1_score(labels, scores >= score) == pytest.approx(f1)


@settings(deadline=None)
@given(labelled)
def test_a_rising_transform_of_the_scores_changes_no_ranking_figure(pairs: list[tuple[bool, int]]) -> None:
    labels = np.array([int(label) for label, _ in pairs])
    scores = np.array([float(score) for _, score in pairs])
    other = np.exp(scores / 10) + 100
    assert image_metrics.auroc(labels, other) == pytest.approx(image_metrics.auroc(labels, scores))
    assert image_metrics.average_precision(labels, other) == pytest.approx(
        image_metrics.average_precision(labels, scores)
    )
    assert image_metrics.best_f1(labels, other)[0] == pytest.approx(image_metrics.best_f1(labels, scores)[0])
