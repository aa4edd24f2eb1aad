"""Shares as people read them."""

from __future__ import annotations

from edge.numerals import number, percent
from edge.thresholds.expected import Share


def between(share: Share) -> str:
    """``1 % (0.3 % to 2.1 %)``; without an interval ``about 1 %``."""
    if share.low is None or share.high is None:
        return f"about {estimate(share.mean)}"
    return f"{estimate(share.mean)} ({estimate(share.low)} to {estimate(share.high)})"


def estimate(share: float) -> str:
    """``0.12 %``: what is not known exactly has two digits."""
    return percent(share, digits=2)


def numbers(share: Share) -> str:
    """``48 (14 to 96)``; without an interval ``about 48``."""
    if share.low is None or share.high is None:
        return f"about {number(share.mean)}"
    return f"{number(share.mean)} ({number(share.low)} to {number(share.high)})"
