"""Where each new value lies among the calibration's and all those before it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from random import Random

import numpy as np

MOST = 2000  # values that are kept; see ``Ranks``
MOST_GIVEN = 1000


class Ranks:
    """Ranks values one by one; equal ones are put in an order by chance.

    While values and reference are exchangeable, the ranks are independent and uniform on (0, 1) (Vovk et al. 2003,
    theorem 1). That is exact until ``MOST`` values are kept. From then on the reference stays as it is, as one
    that went on learning would follow a lamp that ages over months. It is off by about one per cent then, which
    the bets allow for, see ``evidence``.

    Args:
        reference: values of the calibration; empty where they are not known, then the first parts stand for it.
        rng: breaks ties.
    """

    def __init__(self, reference: Sequence[float], rng: Random) -> None:
        self._sorted = sorted(reference)
        self._taken: list[float] = []  # those of ``_sorted`` that came later, in their order
        self._random = rng.random

    def __len__(self) -> int:
        return len(self._sorted)

    @property
    def taken(self) -> int:
        """Values that were learned since the beginning."""
        return len(self._taken)

    def rank(self, value: float) -> float:
        """Share of the kept values that lie below, (0, 1); nothing is learned."""
        known = self._sorted
        below = bisect_left(known, value)
        equal = bisect_right(known, value, below) - below
        return (below + self._random() * (equal + 1)) / (len(known) + 1)

    def take(self, value: float) -> float:
        """The same, and the value is one of those kept from then on."""
        rank = self.rank(value)
        if len(self._sorted) < MOST:
            insort(self._sorted, value)
            self._taken.append(value)
        return rank

    @property
    def kept(self) -> Sequence[float]:
        """The values, ascending; not to be changed."""
        return self._sorted

    def go_back(self, taken: int) -> None:
        """Unlearns what came after the first ``taken`` values that were learned."""
        for value in self._taken[taken:]:
            del self._sorted[bisect_left(self._sorted, value)]
        del self._taken[taken:]


def values_of(quantiles: Sequence[float], pictures: int) -> tuple[float, ...]:
    """Values that have these quantiles, as many as there were pictures, but at most ``MOST_GIVEN``.

    A card keeps quantiles, not scores. Values in between are interpolated, which moves a rank by less than what
    lies between two quantiles; the lowest and the highest are exact.

    Args:
        quantiles: at evenly spaced ranks from 0 to 100 %, ascending; or empty.
        pictures: that they were taken from.
    """
    if len(quantiles) < 2 or pictures < 1:
        return ()
    count = min(pictures, MOST_GIVEN)
    # All of them: from the lowest to the highest. A choice: each stands for its neighbours.
    levels = np.linspace(0, 1, count) if count == pictures else (np.arange(count) + 0.5) / count
    found = np.interp(levels, np.linspace(0, 1, len(quantiles)), np.asarray(quantiles, np.float64))
    return tuple(float(value) for value in found)
