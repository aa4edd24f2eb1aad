"""How fast something grows: a straight line with the error that its scatter allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_FEWEST = 8
_LEAST_S = 300.0


@dataclass(frozen=True, slots=True)
class Slope:
    """Growth per hour.

    Attributes:
        per_h: of the straight line.
        error: its standard error, per hour.
        minutes: that the line was fitted over.
    """

    per_h: float
    error: float
    minutes: float

    def __str__(self) -> str:
        return f"{self.per_h:+.1f} +- {self.error:.1f} MB/h over {self.minutes:.0f} minutes"


def slope_of_second_half(samples: Sequence[tuple[float, float]], every_s: float) -> Slope | None:
    """Fits the second half, when what is made once was made.

    Neighbours are averaged over ``every_s``, and the error is widened by how alike they still are: memory goes
    in steps, and a step is one event however often it is looked at.

    Args:
        samples: seconds and MB.
        every_s: length of an average.

    Returns:
        None where there are less than five minutes or 8 averages to fit: what is made once would look like growth.
    """
    if not samples:
        return None
    times_s, used = np.array(samples).T
    late = times_s >= (times_s[0] + times_s[-1]) / 2
    bins = ((times_s[late] - times_s[late][0]) // every_s).astype(int)
    count = np.bincount(bins)
    if np.count_nonzero(count) < _FEWEST or times_s[-1] - times_s[0] < 2 * _LEAST_S:
        return None
    hours = (np.bincount(bins, times_s[late])[count > 0] / count[count > 0] - times_s[0]) / 3600
    means = np.bincount(bins, used[late])[count > 0] / count[count > 0]
    per_h, start = np.polyfit(hours, means, 1)
    left = means - (per_h * hours + start)
    spread = float(np.sqrt(np.sum(left**2) / (len(left) - 2) / np.sum((hours - hours.mean()) ** 2)))
    alike = float(np.clip(np.sum(left[1:] * left[:-1]) / max(np.sum(left**2), 1e-12), 0.0, 0.9))
    return Slope(float(per_h), spread * ((1 + alike) / (1 - alike)) ** 0.5, 60 * float(hours[-1] - hours[0]))
