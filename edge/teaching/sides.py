"""Which pictures a product is fitted on, and which set its threshold: a picture never changes its side.

Of every five pictures in the order of coming one is drawn to set the threshold, so that pictures that come later
move none, both sides see every hour of a day, and how many more are needed can be said exactly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from calibration import conformal

BLOCK = 5
LEAST_PICTURES, LEAST_ASIDE = 10, 2  # eight to fit and two for the threshold: with fewer a fit says nothing


def sets_threshold(number: int, seed: int) -> bool:
    """Whether a picture sets the threshold; all others are fitted.

    Args:
        number: in the order of coming, from 1.
        seed: another one draws others.
    """
    block, place = divmod(number - 1, BLOCK)
    return hashlib.sha256(f"{seed} {block}".encode()).digest()[0] % BLOCK == place


def pictures_missing(numbers: Sequence[int], next_number: int, seed: int, false_alarm_rate: float | None) -> int:
    """How many more pictures it takes, so that there are enough to fit and to promise a false-alarm rate.

    Args:
        numbers: of the pictures that there are.
        next_number: that the next one gets; numbers of pictures that were taken back are not given again.
        seed: see ``sets_threshold``.
        false_alarm_rate: to be promised; None for any.
    """
    needed = max(LEAST_ASIDE, conformal.pictures_needed(false_alarm_rate) if false_alarm_rate else 0)
    aside = sum(sets_threshold(number, seed) for number in numbers)
    more = 0
    while aside < needed or len(numbers) + more < LEAST_PICTURES:
        aside += sets_threshold(next_number + more, seed)
        more += 1
    return more


def too_few(pictures: int, false_alarm_rate: float | None, hint: str) -> tuple[str, str]:
    """What is wrong and what to do, for a message to people.

    Args:
        pictures: that there are.
        false_alarm_rate: to be promised; None for any.
        hint: how to have more.
    """
    purpose = f"promise at most {false_alarm_rate:.2%} false alarms" if false_alarm_rate else "teach a product"
    other = ", or a higher --false-alarm-rate" if false_alarm_rate else ""
    return f"{pictures} different pictures are too few to {purpose}", hint + other
