"""How large a share lies above the k-th smallest of n scores: Beta(n + 1 - k, k), whatever the distribution.

For whole numbers the incomplete beta function is a binomial sum, so nothing but logarithms is needed.

Source: David and Nagaraja, "Order Statistics", 2003, section 2.1; Vovk, "Conditional validity of inductive
conformal predictors", 2012, who reads it as the actual error rate of a conformal predictor.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_HALVINGS = 45  # to 3e-14


def share_at_most(rate: float, *, pictures: int, rank: int) -> float:
    """The probability that at most ``rate`` of all parts lie above the ``rank``-th smallest of so many scores.

    Args:
        rate: share, 0 to 1.
        pictures: n, at least 1.
        rank: k, 1 to n.
    """
    if rate <= 0.0 or rate >= 1.0:
        return float(rate >= 1.0)
    # The share is at most the rate when at least n + 1 - k of n uniform numbers are: P(Binomial(n, rate) > n - k),
    # summed over whichever side has fewer terms.
    above = pictures + 1 - rank
    few = above <= pictures // 2
    counts = np.arange(above) if few else np.arange(above, pictures + 1)
    logarithms = _log_choose(pictures)[counts] + counts * math.log(rate) + (pictures - counts) * math.log1p(-rate)
    total = min(1.0, float(np.exp(logarithms).sum()))
    return 1.0 - total if few else total


@lru_cache(maxsize=64)
def share_quantile(level: float, *, pictures: int, rank: int) -> float:
    """The share that the share above the ``rank``-th smallest stays below with probability ``level``."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if share_at_most(middle, pictures=pictures, rank=rank) < level:
            low = middle
        else:
            high = middle
    return (low + high) / 2


@lru_cache(maxsize=4)
def _log_choose(whole: int) -> NDArray[np.float64]:
    """log(whole choose k) for k = 0 ... whole."""
    steps = np.log(np.arange(1, whole + 1))
    factorials = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(factorials[-1] - factorials - factorials[::-1])
