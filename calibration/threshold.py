"""A threshold, and what may be said about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a method made of scores.

    Attributes:
        value: raw score; a part is anomalous when its score is higher.
        method: that set it, see ``calibration.methods.METHODS``.
        rate: share of good parts called anomalous that it was set for; None where the method takes none.
        promised: proven upper bound of that share, on average over calibrations; None where nothing is proven.
        pictures: good parts it rests on.
        confidence: how likely the share of the parts to come is at most ``rate``; None where that is not known.
        interval: that share lies between these two with 90 %, 5 % on either side; None where that is not known.
        warning: one line for people; empty where all is well.
    """

    value: float
    method: str
    rate: float | None
    promised: float | None
    pictures: int
    confidence: float | None = None
    interval: tuple[float, float] | None = None
    warning: str = ""
