"""Numbers as people read them."""

from __future__ import annotations

from edge.thresholds.expected import Share


def percent(share: float) -> str:
    """``0.12 %``: two digits that count."""
    return f"{float(f'{100 * share:.2g}'):g} %"


def one_in(share: float) -> str:
    """``1 in 100``."""
    return f"1 in {1 / share:.3g}" if share > 0 else "none"


def between(share: Share) -> str:
    """``1 % (0.3 % to 2.1 %)``."""
    return f"{percent(share.mean)} ({percent(share.low)} to {percent(share.high)})"


def number(value: float) -> str:
    """A count that was worked out: ``0.4``, ``12``."""
    return f"{value:.0f}" if value >= 10 else f"{float(f'{value:.2g}'):g}"


def numbers(share: Share) -> str:
    """``48 (14 to 96)``."""
    return f"{number(share.mean)} ({number(share.low)} to {number(share.high)})"
