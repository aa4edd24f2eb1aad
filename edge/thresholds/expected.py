"""Which share of good parts lies above a threshold, with what may be known of it; pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from calibration import conformal
from edge.thresholds.good_parts import GoodParts

BAND = 0.9  # of the intervals that people are shown


@dataclass(frozen=True, slots=True)
class Share:
    """A share of parts, 0 to 1: the best guess, and the interval that holds it with 90 %.

    Both ends are None where no interval is known.
    """

    mean: float
    low: float | None = None
    high: float | None = None

    def times(self, parts: float) -> Share:
        """The same as a number of so many parts."""
        if self.low is None or self.high is None:
            return Share(self.mean * parts)
        return Share(self.mean * parts, self.low * parts, self.high * parts)


def interval_of(count: int, of: int) -> tuple[float, float]:
    """The exact (Clopper-Pearson) 90 % interval of a share of which ``count`` of ``of`` were seen.

    Its ends are quantiles of a beta distribution, as those of order statistics are.
    """
    low = 0.0 if count == 0 else conformal.band(of, of - count + 1, level=BAND)[0]
    high = 1.0 if count == of else conformal.band(of, of - count, level=BAND)[1]
    return low, high


def share_above(threshold: float, good: GoodParts) -> Share:
    """The share of good parts to come above a threshold that was not chosen from these scores.

    Where the number of scores above it is only known to lie between two, the interval holds those of both.

    Args:
        threshold: raw.
        good: whose scores are known.
    """
    above = good.above(threshold)
    mean = min(1.0, (above.guess + 1) / (good.pictures + 1))
    return Share(mean, interval_of(above.fewest, good.pictures)[0], interval_of(above.most, good.pictures)[1])


def share_at_rank(pictures: int, rank: int) -> Share:
    """The share of good parts to come above the ``rank``-th smallest of n scores."""
    return Share((pictures + 1 - rank) / (pictures + 1), *conformal.band(pictures, rank, level=BAND))
