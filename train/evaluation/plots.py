"""The curves of the report, as SVG texts."""

from __future__ import annotations

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from train.evaluation.image_metrics import both_classes

GOOD, ANOMALOUS, INK = "#2b6a99", "#c4512d", "#444444"
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
        edges = np.linspace(*_span(scores, threshold), BINS + 1)
        for label, name, colour in ((0, "good", GOOD), (1, "anomalous", ANOMALOUS)):
            if (labels == label).any():
                axes.hist(scores[labels == label], edges, color=colour, alpha=0.65, label=name)
        axes.axvline(threshold, color=INK, linestyle="--", linewidth=1.2, label=f"threshold {threshold:.4g}")
        axes.set(xlabel="score, higher is more anomalous", ylabel="pictures")
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.legend(frameon=False)
        return _svg(figure)


def _span(scores: Scores, threshold: float) -> tuple[float, float]:
    low, high = float(min(scores.min(), threshold)), float(max(scores.max(), threshold))
    return (low, high) if high > low else (low - 0.5, high + 0.5)


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
        axes.plot(x, y, color=GOOD, linewidth=1.6, drawstyle="steps-pre" if step else "default")
        axes.plot(*at, "o", color=ANOMALOUS, markersize=6, label="at the threshold", clip_on=False, zorder=3)
        axes.set(xlabel=names[0], ylabel=names[1], xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        axes.grid(color="#e4e4e4", linewidth=0.6)
        axes.legend(frameon=False, loc="lower center")
        return _svg(figure)


def _axes(width_in: float, height_in: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasSVG(figure)
    return figure, figure.add_subplot()


def _svg(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()
