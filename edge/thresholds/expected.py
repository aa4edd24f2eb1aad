"""Which share of good parts lies above a threshold, with what may be known of it; pure arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calibration import conformal
from calibration.scores import percentile

BAND = 0.9  # of the intervals that people are shown


@dataclass(frozen=True, slots=True)
class Share:
    """A share of parts, 0 to 1: the best guess, and the interval that holds it with 90 %."""

    mean: float
    low: float
    high: float

    def times(self, parts: float) -> Share:
        """The same as a number of so many parts."""
        return Share(self.mean * parts, self.low * parts, self.high * parts)


def interval_of(count: int, of: int) -> tuple[float, float]:
    """The exact (Clopper-Pearson) 90 % interval of a share of which ``count`` of ``of`` were seen.

    Its ends are quantiles of a beta distribution, as those of order statistics are.
    """
    low = 0.0 if count == 0 else conformal.band(of, of - count + 1, level=BAND)[0]
    high = 1.0 if count == of else conformal.band(of, of - count, level=BAND)[1]
    return low, high


def good_above(threshold: float, quantiles: Sequence[float], pictures: int) -> int:
    """How many of the good parts of a calibration lie above a threshold, to the accuracy of its quantiles."""
    if threshold >= quantiles[-1]:
        return 0
    return max(1, round(pictures * (1 - percentile(threshold, quantiles) / 100)))


def share_above(threshold: float, quantiles: Sequence[float], pictures: int) -> Share:
    """The share of good parts to come above a threshold that was not chosen from these scores.

    Args:
        threshold: raw.
        quantiles: of good scores at evenly spaced ranks, at least two.
        pictures: n, the good parts they were taken of.
    """
    above = good_above(threshold, quantiles, pictures)
    return Share((above + 1) / (pictures + 1) if above < pictures else 1.0, *interval_of(above, pictures))


def share_at_rank(pictures: int, rank: int) -> Share:
    """The share of good parts to come above the ``rank``-th smallest of n scores."""
    return Share((pictures + 1 - rank) / (pictures + 1), *conformal.band(pictures, rank, level=BAND))


def threshold_for(rate: float, quantiles: Sequence[float], pictures: int) -> float:
    """About the threshold that a conformal calibration on the same parts sets for another rate.

    Raises:
        ScoresError: so many parts cannot promise it.
    """
    return conformal.threshold(_ranked(quantiles, pictures), rate)


def _ranked(quantiles: Sequence[float], pictures: int) -> list[float]:
    """As many scores as there were, laid evenly along the quantiles that are left of them."""
    steps = len(quantiles) - 1
    places = [number * steps / max(1, pictures - 1) for number in range(pictures)]
    low = [min(int(place), steps - 1) for place in places]
    return [
        quantiles[left] + (place - left) * (quantiles[left + 1] - quantiles[left])
        for place, left in zip(places, low, strict=True)
    ]
