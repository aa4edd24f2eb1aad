from __future__ import annotations

import pytest

from edge.numerals import number, one_in, percent


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0.05, "1 in 20"),
        (1 / 999.9, "1 in 1,000"),
        (0.001, "1 in 1,000"),
        (1 / 123_456, "1 in 123,000"),
        (0.1758, "1 in 5.69"),
        (0.0, "none"),
    ],
)
def test_a_rare_share_has_no_exponent(share: float, told: str) -> None:
    assert one_in(share) == told


def test_a_rate_that_was_asked_keeps_its_digits_and_an_estimate_has_two() -> None:
    assert (percent(0.125), percent(0.125, digits=2), percent(0.001), percent(1.0)) == (
        "12.5 %",
        "12 %",
        "0.1 %",
        "100 %",
    )


def test_counts_that_were_worked_out_are_rounded_where_they_are_large() -> None:
    assert [number(value) for value in (0.0, 0.44, 3.06, 12.4, 9999.0)] == ["0", "0.44", "3.1", "12", "9999"]
