"""Whether scores of good parts fall into two groups: two products, two lamps, or a heap of defective parts.

The scores are divided where the groups are tightest (one-dimensional 2-means), and the distance of the group means
is compared with the deviations inside. Many uniform scores give 2 sqrt(3), and scores around one peak less, be
they normal, skewed or of long tails; the margin for few is that of drawn uniform scores. A narrow peak in a wide
plateau that holds a tenth of the scores is called two groups: it should be looked at too.

Source: Ashman, Bird, Zepf, "Detecting bimodality in astronomical datasets", Astronomical Journal 1994.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from calibration.scores import checked

FEWEST = 16
LEAST_SHARE, LEAST = 0.1, 5  # of the smaller group; fewer are single pictures, see calibration.suspects
_UNIFORM, _MARGIN = 2 * 3**0.5, 12.0


def warning(scores: ArrayLike) -> str:
    """One line that names both groups; empty where the scores are one group, or too few to tell.

    Raises:
        ScoresError: no score, or one that is not finite.
    """
    ascending = checked(scores)
    total = len(ascending)
    if total < FEWEST:
        return ""
    scaled = np.log(ascending) if ascending[0] > 0 else ascending
    below = np.arange(1, total)
    sums, squares = np.cumsum(scaled), np.cumsum(scaled**2)
    low, high = sums[:-1] / below, (sums[-1] - sums[:-1]) / (total - below)
    low_spread = squares[:-1] / below - low**2
    high_spread = (squares[-1] - squares[:-1]) / (total - below) - high**2
    place = int(np.argmin(below * low_spread + (total - below) * high_spread))
    count = place + 1
    inside = np.sqrt(max(0.0, (low_spread[place] + high_spread[place]) / 2))
    apart = high[place] - low[place] > (_UNIFORM + _MARGIN / total**0.5) * inside
    if not apart or min(count, total - count) < max(LEAST, LEAST_SHARE * total):
        return ""
    middles = np.median(ascending[:count]), np.median(ascending[count:])
    return (
        f"scores fall into two groups, {count} about {middles[0]:.3g} and {total - count} about {middles[1]:.3g}: "
        "two products, two lamps, or many defective parts among the good"
    )
