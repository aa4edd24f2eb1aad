"""The generalized Pareto distribution of what exceeds a high level, fitted by probability-weighted moments.

Works on many samples at once, so that a bootstrap is a few operations on arrays.

Source: Hosking and Wallis, "Parameter and quantile estimation for the generalized Pareto distribution",
Technometrics 1987; the upper end is kept above the largest excess as Dupuis and Tsao, "A hybrid estimator for
generalized Pareto and extreme-value distributions", 1998.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
NEARLY_EXPONENTIAL = 1e-6  # shapes closer to 0 are computed as 0


class Pareto(NamedTuple):
    """P(excess > x) = (1 + shape x / scale)^(-1 / shape); one each, or arrays [B] for B samples.

    Attributes:
        shape: 0 for the exponential, above for heavier tails, below for such that end.
        scale: in units of the excess, above 0.
    """

    shape: Array
    scale: Array


def fit(excesses: Array) -> Pareto:
    """Fits each row on its own.

    Args:
        excesses: [..., m] above 0, ascending along the last axis.
    """
    count = excesses.shape[-1]
    mean = excesses.mean(axis=-1)
    # Mean of x (1 - F(x)): the i-th smallest of m counts with the share of those above it.
    weighted = excesses @ (np.arange(count - 1, -1, -1) / (count - 1)) / count
    shape = 2 - mean / (mean - 2 * weighted)
    scale = 2 * mean * weighted / (mean - 2 * weighted)
    shape = np.maximum(shape, -scale / (excesses[..., -1] * (1 + 1e-9)))
    return Pareto(shape, scale)


def survival(excess: Array, pareto: Pareto) -> Array:
    """P(excess > x), elementwise with broadcasting; 1 for x <= 0 and 0 beyond an upper end."""
    shape, reduced = pareto.shape, np.maximum(excess, 0) / pareto.scale
    curved = np.where(np.abs(shape) < NEARLY_EXPONENTIAL, NEARLY_EXPONENTIAL, shape)
    inside = np.maximum(1 + curved * reduced, 0)
    with np.errstate(divide="ignore"):
        powered = inside ** (-1 / curved)
    powered = np.where(inside > 0, powered, 0.0)
    return np.where(np.abs(shape) < NEARLY_EXPONENTIAL, np.exp(-reduced), powered)


def excess_at(share: Array | np.float64, pareto: Pareto) -> Array:
    """The excess that so large a share exceeds: the inverse of ``survival``."""
    shape = pareto.shape
    curved = np.where(np.abs(shape) < NEARLY_EXPONENTIAL, NEARLY_EXPONENTIAL, shape)
    return pareto.scale * np.where(
        np.abs(shape) < NEARLY_EXPONENTIAL, -np.log(share), (share**-curved - 1) / curved
    )


def misfit(excesses: Array, pareto: Pareto) -> Array:
    """Anderson and Darling's A^2 of each row: how far the sample lies from the distribution, tails above all.

    Args:
        excesses: [..., m] ascending along the last axis.
        pareto: one for each row.
    """
    count = excesses.shape[-1]
    rowwise = Pareto(np.asarray(pareto.shape)[..., None], np.asarray(pareto.scale)[..., None])
    above = np.clip(survival(excesses, rowwise), 1e-300, 1 - 1e-16)
    weights = (2 * np.arange(1, count + 1) - 1) / count
    return np.asarray(-count - (np.log1p(-above) + np.log(above[..., ::-1])) @ weights)
