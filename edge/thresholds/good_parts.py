"""The scores of good parts, as far as a calibration keeps them: how many lie above a value, and the one of a rank.

A card keeps the highest scores themselves, and quantiles of all. Old cards have the quantiles only: of more parts
than there are quantiles, nothing is known then between the last two of them but that the scores lie there.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from calibration.scores import percentile
from edge.inference.card import Calibration

_FEWEST = 2  # quantiles, to say where good parts lie


class Count(NamedTuple):
    """How many parts there are: the best guess, and between which numbers it is for certain."""

    guess: float
    fewest: int
    most: int


@dataclass(frozen=True, slots=True)
class GoodParts:
    """Scores of the good parts that a threshold rests on.

    Attributes:
        pictures: n, how many there are.
        quantiles: of their scores at evenly spaced ranks from 0 to 100 %, ascending; empty where not known.
        highest: the highest scores themselves, ascending; all of them, some, or none.
    """

    pictures: int
    quantiles: Sequence[float]
    highest: Sequence[float] = ()

    @property
    def known(self) -> bool:
        """Whether anything is."""
        return self.pictures > 0 and len(self.quantiles) >= _FEWEST

    def above(self, score: float) -> Count:
        """How many score higher."""
        total, steps = self.pictures, len(self.quantiles) - 1
        below = bisect_right(self.highest, score)
        if below or len(self.highest) == total:
            return _exactly(len(self.highest) - below)
        place = bisect_right(self.quantiles, score) - 1
        if place < 0 or place == steps:
            return _exactly(total if place < 0 else 0)
        fewest = max(len(self.highest), total - math.ceil((place + 1) * (total - 1) / steps))
        most = total - 1 - math.floor(place * (total - 1) / steps)
        guess = total * (1 - percentile(score, self.quantiles) / 100)
        return Count(min(max(guess, fewest), most), fewest, most)

    def at_rank(self, rank: int) -> float | None:
        """The ``rank``-th smallest score, counted from 1; None where it is not known to one part in a hundred."""
        above = self.pictures - rank
        if above < len(self.highest):
            return self.highest[-1 - above]
        steps = len(self.quantiles) - 1
        place = (rank - 1) * steps / max(1, self.pictures - 1)
        left = min(int(place), steps - 1)
        if left == steps - 1 and place < steps and self.pictures > len(self.quantiles):
            return None
        return self.quantiles[left] + (place - left) * (self.quantiles[left + 1] - self.quantiles[left])


def good_parts_of(calibration: Calibration, *, masked: bool) -> GoodParts:
    """Those of a calibration.

    Args:
        calibration: in force.
        masked: whether parts are judged by the highest value of their map.
    """
    if masked:
        return GoodParts(calibration.pictures, calibration.peak_quantiles, calibration.highest_peaks)
    return GoodParts(calibration.pictures, calibration.quantiles, calibration.highest)


def _exactly(parts: int) -> Count:
    return Count(parts, parts, parts)
