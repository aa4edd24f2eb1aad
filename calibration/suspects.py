"""Which of the pictures that are said to be good may show defects.

Defective parts among the good raise the threshold, so they must be seen by a person before it is set. The rule
asks whether a group of the highest scores is set apart by a gap that good parts do not make. The upper half of
scores of good parts is thin-tailed or exponential at worst on a logarithmic scale (scores are maxima of many
distances); for an exponential tail the gaps between neighbours, each times the number of scores above it, are
independent and alike, so one of them divided by the mean of those below follows an F distribution, exactly and
for few scores too. Every size of the group up to a quarter of the parts is tried, and the chance of naming any
part of a clean set stays below the one that is given, for all of them together.

Source: Renyi, "On the theory of order statistics", 1953, for the gaps; Balakrishnan and Basu, "The Exponential
Distribution", 1995, chapter 5, for outliers by their ratios.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calibration.scores import checked

# The chance that a clean set has any suspect: where a person is told to look at them all the same, and where they
# stop the way. Among 30 parts a few defects often go unnoticed with the smaller one.
TOLD, REFUSED = 0.08, 0.01
FEWEST = 12  # with fewer there is no telling a gap
MOST_SHARE = 0.25


def find(scores: ArrayLike, chance: float = TOLD) -> tuple[int, ...]:
    """The suspects among good pictures, highest score first; empty for a clean set.

    Args:
        scores: [n] raw scores of pictures that are said to be good, none of which the model was fitted on.
        chance: that a clean set has any suspect, in (0, 1); for tails heavier than those of most scores.

    Raises:
        ScoresError: no score, or one that is not finite.
    """
    values = np.asarray(scores, dtype=np.float64).ravel()
    ascending = checked(values)
    count = _set_apart(ascending, chance)
    highest = np.argsort(-values, kind="stable")
    return tuple(int(index) for index in highest[:count])


def _set_apart(ascending: NDArray[np.float64], chance: float) -> int:
    """How many of the highest scores are set apart by a gap: the largest group that is."""
    total = len(ascending)
    if total < FEWEST:
        return 0
    scaled = np.log(ascending) if ascending[0] > 0 else ascending
    middle = total // 2
    gaps = np.diff(scaled[middle:])  # gap i lies below the (middle + 1 + i)-th score, counted from 0
    above = np.arange(len(gaps), 0, -1)  # scores above each gap
    spacings = gaps * above
    counts = np.arange(1, int(MOST_SHARE * total) + 1)
    usual = len(gaps) - counts  # gaps below the one that sets a group of so many apart
    means = np.cumsum(spacings)[usual - 1] / usual
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(means > 0, spacings[usual] / means, 0.0)
    unlikely = (1 + ratios / usual) ** -usual.astype(np.float64)
    apart = counts[unlikely < chance * _WEIGHT / counts**2]
    return int(apart[-1]) if len(apart) else 0


_WEIGHT = 6 / np.pi**2  # of 1 + 1/4 + 1/9 ...: small groups, which are the likelier ones, get most of the chance
