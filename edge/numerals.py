"""Numbers as people read them."""

from __future__ import annotations


def percent(share: float, *, digits: int = 3) -> str:
    """``0.125 %`` of 0.00125: so many digits that count."""
    return f"{float(f'{100 * share:.{digits}g}'):.12g} %"


def one_in(share: float) -> str:
    """``1 in 100``, ``1 in 2,500``."""
    if share <= 0:
        return "none"
    parts = float(f"{1 / share:.3g}")
    return f"1 in {parts:,.0f}" if parts >= 1000 else f"1 in {parts:g}"


def number(value: float) -> str:
    """A count that was worked out: ``0.4``, ``12``."""
    return f"{value:.0f}" if value >= 10 else f"{float(f'{value:.2g}'):g}"
