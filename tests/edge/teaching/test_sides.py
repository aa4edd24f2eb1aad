from __future__ import annotations

import pytest

from calibration import conformal
from edge.teaching.sides import LEAST_PICTURES, pictures_missing, sets_threshold


def aside(numbers: range, seed: int = 0) -> list[int]:
    return [number for number in numbers if sets_threshold(number, seed)]


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_of_every_five_pictures_one_sets_the_threshold(seed: int) -> None:
    for first in range(1, 500, 5):
        assert len(aside(range(first, first + 5), seed)) == 1


def test_which_of_the_five_is_drawn_and_not_always_the_same() -> None:
    places = [number % 5 for number in aside(range(1, 1001))]
    assert all(places.count(place) > 20 for place in range(5))
    assert aside(range(1, 101), 0) != aside(range(1, 101), 1)


@pytest.mark.parametrize("rate", [None, 0.05, 0.2, 0.01])
@pytest.mark.parametrize("there", [0, 1, 9, 40, 99, 123])
def test_so_many_more_pictures_are_enough_and_one_less_is_not(there: int, rate: float | None) -> None:
    def enough(count: int) -> bool:
        needed = conformal.pictures_needed(rate) if rate else 0
        return count >= LEAST_PICTURES and len(aside(range(1, count + 1))) >= needed

    more = pictures_missing(range(1, there + 1), there + 1, 0, rate)
    assert enough(there + more)
    assert more == 0 or not enough(there + more - 1)


def test_pictures_that_were_taken_back_are_made_up_for() -> None:
    """Numbers go on after the highest ever given, so the next pictures may all be for the fit."""
    numbers = [1, 2, 3, 4, 20, 21, 22, 23, 24, 25]
    for first in range(26, 36):
        more = pictures_missing(numbers, first, 0, 0.2)
        last = first + more - 1
        assert len(aside(range(first, first + more))) + sum(sets_threshold(n, 0) for n in numbers) == 4
        assert sets_threshold(last, 0), "one less is not enough"


def test_without_pictures_for_the_threshold_there_are_too_few_however_many_are_fitted() -> None:
    fitted = [number for number in range(1, 101) if not sets_threshold(number, 0)]
    more = pictures_missing(fitted, 101, 0, None)
    assert len(aside(range(101, 101 + more))) == 2
