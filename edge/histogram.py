"""A histogram of good parts' scores as plain lines, with the threshold drawn where it cuts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

BINS = 12  # below the threshold; as wide ones go on above it
_MOST_ABOVE = 8
_BAR = 40


@dataclass(frozen=True, slots=True)
class _Bins:
    """Of one width. ``cut`` of them lie below the threshold, whose place is an edge; all where there is none."""

    edges: tuple[float, ...]
    cut: int


def of_scores(scores: ArrayLike, threshold: float | None) -> list[str]:
    """Draws scores that are at hand.

    Args:
        scores: [n] raw, at least one.
        threshold: raw; None where none can be set yet.
    """
    values = np.asarray(scores, np.float64)
    bins = _bins(float(values.min()), float(values.max()), threshold)
    inner = bins.edges[1:-1]  # the first and the last bin take whatever lies beyond them
    counts = np.bincount(np.searchsorted(inner, values, side="left"), minlength=len(inner) + 1)
    return _drawn(bins, counts.tolist(), float(values.max()), threshold)


def of_counts(
    above: Callable[[float], float], pictures: int, span: tuple[float, float], threshold: float
) -> list[str]:
    """Draws scores that are only known by how many lie above a value.

    Args:
        above: how many of them do.
        pictures: how many there are.
        span: the lowest and the highest.
        threshold: raw.
    """
    bins = _bins(*span, threshold)
    left = [pictures, *(above(edge) for edge in bins.edges[1:-1]), 0]
    counts = [round(more) - round(less) for more, less in pairwise(left)]
    return _drawn(bins, counts, span[1], threshold)


def _bins(lowest: float, highest: float, threshold: float | None) -> _Bins:
    top = highest if threshold is None else threshold
    if top <= lowest:  # every part is above it, or all are alike
        width = (highest - lowest) / BINS or abs(highest) / BINS or 1.0
        return _Bins(tuple(lowest + width * step for step in range(BINS + 1)), 0)
    width = (top - lowest) / BINS
    above = min(_MOST_ABOVE, math.ceil(max(0.0, highest - top) / width - 1e-9))
    edges = [lowest + width * step for step in range(BINS)]
    return _Bins((*edges, *(top + width * step for step in range(above + 1))), BINS)


def _drawn(bins: _Bins, counts: Sequence[int], highest: float, threshold: float | None) -> list[str]:
    most, last = max(counts) or 1, len(counts) - 1
    lines = []
    for number, count in enumerate(counts):
        low, high = bins.edges[number : number + 2]
        open_ended = number == last and highest > high * (1 + 1e-9)
        span = f"{low:>11.4g} {'and more' if open_ended else f'to {high:.4g}':<14}"
        lines.append(f"{span} {'#' * math.ceil(_BAR * count / most):<{_BAR}} {count}")
    if threshold is not None:
        lines.insert(bins.cut, f"{'-' * 26} threshold {threshold:.4g} {'-' * 24}")
    return lines
