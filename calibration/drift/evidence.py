"""Bets that values have moved, and what they have won.

Each bet is a function f of the rank u with mean 1 over (0, 1), so that capital that is multiplied by it cannot be
expected to grow while ranks are uniform. One unit is put on each bet anew at every part; the capital of all units
together (Shiryaev-Roberts) is expected to be n after n parts. So on average it takes at least L parts until it
reaches L, and among n parts it does so with a probability of at most n / L. With k bets side by side the limit is
k L. The unit that has won most tells where a change began by all likelihood (Page's CUSUM).

The bets are bounded, and each pays for a share ``STRANGE`` of parts that lie as badly as can be: f becomes
f / (1 + STRANGE (max f - 1)). A few defective parts among good ones are no drift. The same margin covers what a
reference of ``ranks.MOST`` values is off by: its mean rank would have to be off by 2.5 %, which is four standard
deviations. None of the bets is timid: what moves the median by less than some 0.3 standard deviations of good
parts makes none of them grow. That much makes some 9 % of 5 % of false alarms.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

Kind = Literal["higher", "lower", "wider"]
BETS: tuple[Kind, ...] = ("higher", "higher", "lower", "lower", "wider", "wider")
_SIDES = 4
STRANGE = 0.05  # share of defective parts that is no drift


def _factor(factor: float, highest: float) -> float:
    return factor / (1 + STRANGE * (highest - 1))


_MILD, _STRONG = _factor(2, 2), _factor(4, 4)  # 2 u and 4 u³
_MILD_WIDER, _STRONG_WIDER = _factor(0.5, 2), _factor(3, 3)  # (1 + 3 x²) / 2 and 3 x², with x = 2 u - 1


class Mark(NamedTuple):
    """A part in the course of parts.

    Attributes:
        part: its number.
        taken: values that the ranks had learned before.
        at_ns: monotonic clock.
    """

    part: int
    taken: int
    at_ns: int


class Evidence:
    """The capital of each bet on one course of ranks.

    Args:
        limit: k L.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self.clear()

    def clear(self) -> None:
        """Begins anew."""
        self._capital = [0.0] * len(BETS)  # of all units
        self._best = [0.0] * len(BETS)  # of the unit that has won most
        self._since = [Mark(0, 0, 0)] * len(BETS)  # when it was put

    def take(self, rank: float, mark: Mark) -> bool:
        """Takes in the next rank, whose value came at ``mark``; says whether a bet has reached the limit."""
        other = 1 - rank
        square = (rank - other) ** 2
        won = (
            _MILD * rank,
            _STRONG * rank * rank * rank,
            _MILD * other,
            _STRONG * other * other * other,
            _MILD_WIDER * (1 + 3 * square),
            _STRONG_WIDER * square,
        )
        reached, limit, capitals, bests = False, self._limit, self._capital, self._best
        for bet, factor in enumerate(won):
            best = bests[bet]
            if best <= 1.0:
                best = 1.0
                self._since[bet] = mark
            best *= factor
            bests[bet] = best if best < limit else limit
            capital = (capitals[bet] + 1.0) * factor
            if capital >= limit:
                capital, reached = limit, True
            capitals[bet] = capital
        return reached

    @property
    def capital(self) -> float:
        """Of the bet that won most."""
        return max(self._capital)

    @property
    def likeliest(self) -> tuple[Kind, Mark]:
        """What has changed, and since when.

        Values that all lie on one side are wider spread as well, so a bet on a side is believed before: once it
        has won half as much, in the logarithm.
        """
        capitals, half = self._capital, math.sqrt(self._limit)
        sides = max(range(_SIDES), key=lambda bet: (capitals[bet], self._best[bet]))
        spread = max(range(_SIDES, len(BETS)), key=lambda bet: (capitals[bet], self._best[bet]))
        bet = sides if capitals[sides] >= min(half, capitals[spread]) else spread
        return BETS[bet], self._since[bet]
