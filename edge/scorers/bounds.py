"""Bounds of scorer options that a minimum and a maximum cannot say."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("a neighbourhood has a middle cell, so its side is odd")
    return value


def _power_of_two(value: int) -> int:
    if value & (value - 1):
        raise ValueError("a stride is a power of two, as those of the backbone's blocks are")
    return value


def _not_one(value: int) -> int:
    if value == 1:
        raise ValueError("a point's first neighbour is itself, which would make every score 0: 0 or at least 2")
    return value


Odd = Annotated[int, AfterValidator(_odd)]
PowerOfTwo = Annotated[int, AfterValidator(_power_of_two)]
NotOne = Annotated[int, AfterValidator(_not_one)]
