"""Thresholds where scores of defective parts exist too: the best F1, or the best of Youden's index.

Both look at the very parts they are set on, so what they reach there is too good, and another kind of defect may
score otherwise. They promise no false-alarm rate and take none.

Source: Youden, "Index for rating diagnostic tests", Cancer 1950; van Rijsbergen, "Information Retrieval", 1979.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.scores import checked
from calibration.threshold import Threshold

FEW = 20  # defective parts: with fewer, one more or less moves the threshold


def f1(scores: ArrayLike, defective: ArrayLike) -> Threshold:
    """The threshold with the highest harmonic mean of precision and recall; it depends on the mix of the parts.

    One that calls every part anomalous is not considered, though its F1 can be the highest where defects are many.

    Args:
        scores: [n] of good parts.
        defective: [m] of defective ones.

    Raises:
        ScoresError: no score of either kind, or one that is not finite.
    """
    good, bad = checked(scores), checked(defective)
    limits = _between(good, bad)
    found, alarms = _above(bad, limits), _above(good, limits)
    return _best("f1", limits, 2 * found / (len(bad) + found + alarms), good, bad)


def youden(scores: ArrayLike, defective: ArrayLike) -> Threshold:
    """The threshold with the largest difference of detection rate and false-alarm rate.

    Args:
        scores: [n] of good parts.
        defective: [m] of defective ones.

    Raises:
        ScoresError: no score of either kind, or one that is not finite.
    """
    good, bad = checked(scores), checked(defective)
    limits = _between(good, bad)
    return _best("youden", limits, _above(bad, limits) / len(bad) - _above(good, limits) / len(good), good, bad)


def _between(good: NDArray[np.float64], bad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every threshold that divides the scores in its own way: midway between neighbours, ascending."""
    values = np.unique(np.concatenate([good, bad]))
    return (values[:-1] + values[1:]) / 2 if len(values) > 1 else values


def _above(ascending: NDArray[np.float64], limits: NDArray[np.float64]) -> NDArray[np.int64]:
    return len(ascending) - np.searchsorted(ascending, limits, side="right")


def _best(
    method: str,
    limits: NDArray[np.float64],
    merit: NDArray[np.float64],
    good: NDArray[np.float64],
    bad: NDArray[np.float64],
) -> Threshold:
    few = len(bad) < FEW
    return Threshold(
        value=float(limits[np.argmax(merit)]),
        method=method,
        rate=None,
        promised=None,
        pictures=len(good),
        warning=f"it rests on {len(bad)} defective parts: one more may move it far" if few else "",
    )
