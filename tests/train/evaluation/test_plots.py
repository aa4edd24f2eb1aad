"""What the curves show, measured on the drawn lines."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from train.evaluation import plots

SVG = "{http://www.w3.org/2000/svg}"
LABELS = np.array([0] * 6 + [1] * 5)
SCORES = np.array([0.1, 0.4, 0.5, 0.7, 1.2, 1.9, 0.3, 1.0, 1.2, 2.5, 3.0])
THRESHOLD = 1.2  # two scores equal it: they are not above
Points = list[tuple[float, float]]


def points(path: ElementTree.Element) -> Points:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML] ([-\d.]+) ([-\d.]+)", path.get("d", ""))]


def group(svg: ElementTree.Element, name: str) -> ElementTree.Element:
    (found,) = (element for element in svg.iter(f"{SVG}g") if element.get("id") == name)
    return found


def drawn(text: str | None) -> ElementTree.Element:
    assert text is not None
    return ElementTree.fromstring(text)  # noqa: S314, written by the line that called


def in_units(svg: ElementTree.Element, x: float, y: float) -> tuple[float, float]:
    """Place in the drawing to values on the axes, which go from -0.01 to 1.01."""
    (paper,) = group(svg, "patch_2").iter(f"{SVG}path")
    columns, rows = zip(*points(paper), strict=True)
    right = (x - min(columns)) / (max(columns) - min(columns))
    up = (max(rows) - y) / (max(rows) - min(rows))
    return right * 1.02 - 0.01, up * 1.02 - 0.01


def area_below_curve(svg: ElementTree.Element) -> float:
    (line,) = group(svg, "curve").iter(f"{SVG}path")
    x, y = np.array([in_units(svg, *point) for point in points(line)]).T
    return abs(float(np.trapezoid(y, x)))


def marker(svg: ElementTree.Element) -> tuple[float, float]:
    first = next(use for use in svg.iter(f"{SVG}use") if plots.ANOMALOUS in use.get("style", ""))
    return in_units(svg, float(first.get("x", "")), float(first.get("y", "")))


def test_the_area_below_the_roc_curve_is_the_auroc() -> None:
    svg = drawn(plots.roc(LABELS, SCORES, THRESHOLD))
    assert area_below_curve(svg) == pytest.approx(roc_auc_score(LABELS, SCORES), abs=1e-3)
    assert marker(svg) == pytest.approx((1 / 6, 2 / 5), abs=1e-3)


def test_the_area_below_precision_over_recall_is_the_average_precision() -> None:
    svg = drawn(plots.precision_recall(LABELS, SCORES, THRESHOLD))
    assert area_below_curve(svg) == pytest.approx(average_precision_score(LABELS, SCORES), abs=1e-3)
    assert marker(svg) == pytest.approx((2 / 5, 2 / 3), abs=1e-3)


def test_nothing_called_anomalous_has_a_place_on_the_curve_too() -> None:
    assert marker(drawn(plots.precision_recall(LABELS, SCORES, 9.0))) == pytest.approx((0, 0), abs=1e-3)


@pytest.mark.parametrize("label", [0, 1])
def test_one_kind_of_pictures_has_a_histogram_and_no_curve(label: int) -> None:
    labels = np.full(len(SCORES), label)
    assert plots.roc(labels, SCORES, THRESHOLD) is None
    assert plots.precision_recall(labels, SCORES, THRESHOLD) is None
    assert heights(drawn(plots.histogram(labels, SCORES, THRESHOLD)), plots.COLOURS[1 - label]) == []


def heights(svg: ElementTree.Element, colour: str) -> list[tuple[float, float, float]]:
    """(left, right, height) in the drawing of each bar that can be seen, the legend's left out."""
    bars = []
    for path in svg.iter(f"{SVG}path"):
        if f"fill: {colour}" in path.get("style", "") and path.get("clip-path"):
            columns, rows = zip(*points(path), strict=True)
            bars.append((min(columns), max(columns), max(rows) - min(rows)))
    return [bar for bar in bars if bar[2] > 0]


@pytest.mark.parametrize("threshold", [1.1, 1.2, 0.1, -3.0, 50.0])
def test_bars_right_of_the_dashed_line_are_the_pictures_called_anomalous(threshold: float) -> None:
    """A score that equals the threshold (1.2 here) is not above it."""
    svg = drawn(plots.histogram(LABELS, SCORES, threshold))
    (dashed,) = (p for p in svg.iter(f"{SVG}path") if "dasharray" in p.get("style", "") and p.get("clip-path"))
    line = points(dashed)[0][0]
    for label, colour in enumerate(plots.COLOURS):
        bars = heights(svg, colour)
        right = sum(height for left, _, height in bars if left >= line - 1e-3)
        left = sum(height for _, right, height in bars if right <= line + 1e-3)
        assert left + right == pytest.approx(sum(height for *_, height in bars))
        called = float((SCORES[label == LABELS] > threshold).mean())
        assert right / (left + right) == pytest.approx(called, abs=1e-3)


def test_equal_scores_at_the_threshold_have_a_histogram() -> None:
    svg = drawn(plots.histogram(np.zeros(3, np.int_), np.full(3, 2.0), 2.0))
    assert len(heights(svg, plots.GOOD)) == 1


@pytest.mark.parametrize("draw", [plots.roc, plots.precision_recall, plots.histogram])
def test_the_legend_lies_above_the_axes_where_no_curve_is(draw: Callable[..., str | None]) -> None:
    """Looking for a free place takes seconds where there are many pictures, and matplotlib warns of it."""
    svg = drawn(draw(LABELS, SCORES, THRESHOLD))
    (paper,) = group(svg, "patch_2").iter(f"{SVG}path")
    top = min(y for _, y in points(paper))
    words = [
        text for text in svg.iter(f"{SVG}text") if (text.text or "").startswith(("good", "at the thr", "thr"))
    ]
    assert words and all(float(text.get("y", "nan")) < top for text in words)


def test_the_same_scores_give_the_same_picture() -> None:
    """Reports of two runs can be compared as files."""
    assert plots.roc(LABELS, SCORES, THRESHOLD) == plots.roc(LABELS, SCORES, THRESHOLD)
