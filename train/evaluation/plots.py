"""The curves of the report, as SVG texts."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import replace

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from train.evaluation.image_metrics import both_classes
from train.evaluation.perturb_levels import CHANGES, Change
from train.evaluation.perturbed import Perturbed

COLOURS = GOOD, ANOMALOUS = "#2b6a99", "#c4512d"
INK = "#444444"
BINS = 40
STYLE = {"font.family": "sans-serif", "font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "edge-ad"}
STYLE |= {"axes.edgecolor": INK, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK}
STYLE |= {"axes.spines.top": False, "axes.spines.right": False}

Labels = NDArray[np.int_]
Scores = NDArray[np.float64]


def roc(labels: Labels, scores: Scores, threshold: float) -> str | None:
    """ROC curve with the threshold's point; None unless there are good and anomalous pictures."""
    if not both_classes(labels):
        return None
    false_alarms, found, _ = roc_curve(labels, scores, drop_intermediate=False)
    at = float((scores[labels == 0] > threshold).mean()), float((scores[labels == 1] > threshold).mean())
    return _curve(
        false_alarms, found, at, ("share of good pictures called anomalous", "share of anomalous ones found")
    )


def precision_recall(labels: Labels, scores: Scores, threshold: float) -> str | None:
    """Precision over recall with the threshold's point; None unless there are good and anomalous pictures."""
    if not both_classes(labels):
        return None
    precision, recall, _ = precision_recall_curve(labels, scores)
    called = scores > threshold
    at = float(called[labels == 1].mean()), float(labels[called].mean()) if called.any() else 0.0
    return _curve(recall, precision, at, ("recall", "precision"), step=True)


def histogram(labels: Labels, scores: Scores, threshold: float) -> str:
    """Number of good and of anomalous pictures over the score, with the threshold."""
    with mpl.rc_context(STYLE):
        figure, axes = _axes(7.2, 2.8)
        edges = _edges(scores, threshold)
        for label, (name, colour) in enumerate(zip(("good", "anomalous"), COLOURS, strict=True)):
            if (labels == label).any():
                axes.hist(scores[labels == label], edges, color=colour, alpha=0.65, label=name)
        axes.axvline(threshold, color=INK, linestyle="--", linewidth=1.2, label=f"threshold {threshold:.4g}")
        axes.set(xlabel="score, higher is more anomalous", ylabel="pictures")
        axes.yaxis.get_major_locator().set_params(integer=True)
        _legend(figure)
        return _svg(figure)


def changes(perturbed: Perturbed) -> str:
    """Shares of false alarms and of missed pictures over the strength of each change, with what is allowed."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 4.4), layout="constrained")
        FigureCanvasSVG(figure)
        grid = figure.subplots(2, math.ceil(len(CHANGES) / 2), sharey=True)
        for axes, change in zip(grid.flat, CHANGES, strict=True):
            _draw_change(axes, perturbed, change)
        _legend(figure, grid.flat[0])
        return _svg(figure)


def _draw_change(axes: Axes, perturbed: Perturbed, change: Change) -> None:
    neutral = replace(perturbed.unchanged, level=change.neutral)
    rows = sorted((*perturbed.rows[change.name], neutral), key=lambda row: row.level)
    levels = [row.level for row in rows]
    kinds = ("false alarms", [row.false_alarms for row in rows]), ("missed", [row.missed for row in rows])
    for (name, shares), colour in zip(kinds, COLOURS, strict=True):
        if None not in shares:
            axes.plot(levels, shares, "o-", color=colour, markersize=3, linewidth=1.4, label=name)
    if perturbed.most_false_alarms is not None:
        axes.axhline(perturbed.most_false_alarms, color=INK, linestyle="--", linewidth=1.0, label="borne up to")
    axes.axvline(change.neutral, color="#e4e4e4", linewidth=0.8, zorder=0)
    axes.set(xlabel=", ".join(filter(None, (change.name, change.unit))), ylim=(-0.02, 1.02))


def _edges(scores: Scores, threshold: float) -> NDArray[np.float64]:
    """Ends of the bars, ascending; one lies just above the threshold, so that no bar is on both sides of it."""
    low, high = min(float(scores.min()), threshold), max(float(scores.max()), threshold)
    width = (high - low) / BINS or 1.0 / BINS
    above = float(np.nextafter(threshold, np.inf))
    left, right = math.ceil((above - low) / width), math.floor((high - above) / width) + 1
    return above + width * np.arange(-left, right + 1)


def _curve(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    at: tuple[float, float],
    names: Sequence[str],
    *,
    step: bool = False,
) -> str:
    with mpl.rc_context(STYLE):
        figure, axes = _axes(3.5, 3.2)
        # scikit-learn gives falling recalls; a precision holds from its own recall down to the next.
        axes.plot(x, y, color=GOOD, linewidth=1.6, drawstyle="steps-post" if step else "default", gid="curve")
        axes.plot(*at, "o", color=ANOMALOUS, markersize=6, label="at the threshold", clip_on=False, zorder=3)
        axes.set(xlabel=names[0], ylabel=names[1], xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        axes.grid(color="#e4e4e4", linewidth=0.6)
        _legend(figure)
        return _svg(figure)


def _axes(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasSVG(figure)
    return figure, figure.add_subplot()


def _legend(figure: Figure, axes: Axes | None = None) -> None:
    """Above the axes, where it covers nothing. Not "best": to look among many pictures takes seconds, and warns.

    Args:
        figure: with its curves drawn.
        axes: whose lines stand for all, where several have the same ones.
    """
    handles, labels = (axes or figure.axes[0]).get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()
