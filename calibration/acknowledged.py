"""A threshold from alarms that people judged, while every other part is known to have scored below it.

Of the parts that a station judged, those below the threshold in force are only counted; those above it are known
by their scores, and whether they were good by what people said. That is all that split conformal prediction needs
of them for a *higher* threshold: of N good parts, the one of rank ceil((N + 1)(1 - alpha)) lies among the false
alarms whenever these are more than alpha promises. It says nothing about a lower one.

Where only some alarms were judged, these stand for the others: each false alarm counts as often as there are
alarms for each judged one. That is an estimate. It is off where people judge the striking ones rather than any.

Mixing the false alarms into the scores of the old calibration instead would be wrong: they are the parts that were
selected because they score high, and the thousands that did not alarm would be left out.

Source: Vovk, Gammerman, Shafer, "Algorithmic Learning in a Random World", 2005, for the rank; Horvitz and
Thompson, "A generalization of sampling without replacement from a finite universe", 1952, for the weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from calibration import conformal
from calibration.scores import ScoresError, checked


@dataclass(frozen=True, slots=True)
class Judged:
    """What a threshold did in a period; people judged one alarm at least.

    Attributes:
        parts: judged by the station, good or anomalous.
        anomalous: of these, above the threshold.
        true_alarms: of these, said to be defective by people.
        false_alarms: raw scores of those said to be good, all above the threshold.
    """

    parts: int
    anomalous: int
    true_alarms: int
    false_alarms: Sequence[float]

    @property
    def known(self) -> int:
        """Alarms that people judged."""
        return self.true_alarms + len(self.false_alarms)

    @property
    def weight(self) -> float:
        """Alarms for each one that was judged, 1 at least."""
        return max(1.0, self.anomalous / self.known)

    @property
    def good(self) -> int:
        """Good parts among all, 1 at least."""
        return max(1, math.floor(self.parts - self.weight * self.true_alarms))

    @property
    def false_alarm_rate(self) -> float:
        """Share of good parts that were called anomalous."""
        return self.weight * len(self.false_alarms) / self.good


def threshold(judged: Judged, false_alarm_rate: float) -> float | None:
    """The lowest threshold that keeps to the rate.

    Args:
        judged: what the threshold in force did.
        false_alarm_rate: alpha in (0, 1).

    Returns:
        A score of one of the false alarms; None where the threshold in force keeps to the rate.

    Raises:
        ScoresError: too few good parts for the rate, or scores that are not finite.
    """
    needed = conformal.pictures_needed(false_alarm_rate)
    if judged.good < needed:
        raise ScoresError(
            f"a false-alarm rate of {false_alarm_rate:g} needs {needed} good parts, there were {judged.good}"
        )
    allowed = math.floor((judged.good - conformal.rank(judged.good, false_alarm_rate)) / judged.weight)
    if allowed >= len(judged.false_alarms):
        return None
    return float(checked(judged.false_alarms)[::-1][allowed])
