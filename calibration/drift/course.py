"""One figure of the parts in its course: as in the calibration, or drifted since when and how far."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from calibration.drift.evidence import Evidence, Kind, Mark
from calibration.drift.ranks import Ranks

RECENT = 200  # values kept to say what they are like now
LATE = 25  # parts between two looks at whether a change that is certain has become relevant
LEAST_KEPT = 8
SURE = 2.6  # standard deviations within which 99 % of undisturbed rows lie


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of one figure.

    Attributes:
        kind: its values are higher or lower, or they are wider spread.
        since_ns: monotonic clock of the first part that was part of it, by all likelihood.
        before, now: medians; of a wider spread, half the distance between the 10 and the 90 % quantile.
    """

    kind: Kind
    since_ns: int
    before: float
    now: float


class Course:
    """Follows one figure, part by part. Not for several threads at once.

    A drift that was found is over once a row of parts lies again like those before it: as many as it took to find
    it, and at least ``agree``. Meanwhile nothing is learned.

    Args:
        reference: values of the calibration; empty where they are not known.
        limit: of the bets' capital, see ``Evidence``.
        least: change below which nobody is told, however certain it is; in units of the values.
        agree: parts in a row that must lie as before.
        rng: breaks ties.

    Attributes:
        shift: in force now; None while all is as it was.
        recent: the last values, the newest last.
    """

    def __init__(
        self, reference: Sequence[float], *, limit: float, least: float = 0.0, agree: int, rng: Random
    ) -> None:
        self.shift: Shift | None = None
        self.recent: deque[float] = deque(maxlen=RECENT)
        self._ranks = Ranks(reference, rng)
        self._evidence = Evidence(limit)
        self._log_limit = math.log(limit)
        self._least = least
        self._agree = agree
        self._row: list[float] = []  # ranks of parts since the shift was found, or since the row before
        self._row_parts = agree
        self._row_since_ns = 0
        self._part = 0
        self._look_at = 0
        self._sure = False  # of a change; whether it is worth a message is another question

    @property
    def evidence(self) -> float:
        """How near the strongest bet is to its limit: 0 not at all, 1 there; in shares of the logarithm."""
        if self.shift is not None:
            return 1.0
        return math.log(max(self._evidence.capital, 1.0)) / self._log_limit

    def take(self, value: float, at_ns: int) -> bool:
        """Takes in the value of the next part; says whether ``shift`` is another now.

        Args:
            value: finite.
            at_ns: monotonic clock.
        """
        self._part += 1
        self.recent.append(value)
        if self.shift is not None:
            return self._follow(self.shift, value, at_ns)
        mark = Mark(self._part, self._ranks.taken, at_ns)
        rank = self._ranks.rank(value) if self._sure else self._ranks.take(value)
        if not self._evidence.take(rank, mark):
            self._sure = False
            return False
        self._sure = self._sure or self._is_sure()
        return self._sure and self._part >= self._look_at and self._is_found()

    def _is_sure(self) -> bool:
        """Unlearns what came since the change, if enough is known of before."""
        _, mark = self._evidence.likeliest
        self._look_at = self._part
        if len(self._ranks) - (self._ranks.taken - mark.taken) < LEAST_KEPT:
            self._evidence.clear()
            return False
        self._ranks.go_back(mark.taken)
        return True

    def _is_found(self) -> bool:
        kind, mark = self._evidence.likeliest
        parts = self._part - mark.part + 1
        before, now = _figure(kind, self._ranks.kept), _figure(kind, self._last(parts))
        if abs(now - before) < self._least:
            self._look_at = self._part + LATE
            return False
        self._evidence.clear()
        self._sure = False
        self._row = []
        self._row_parts = min(max(self._agree, parts), RECENT)
        self.shift = Shift(kind, mark.at_ns, before, now)
        return True

    def _follow(self, shift: Shift, value: float, at_ns: int) -> bool:
        """Whether a drift is over, or has turned round."""
        if not self._row:
            self._row_since_ns = at_ns
        self._row.append(self._ranks.rank(value))
        if len(self._row) < self._row_parts:
            return False
        row, self._row = self._row, []
        if self._agrees(row):
            self.shift = None
            return True
        now = _figure(shift.kind, self._last(len(row)))
        if shift.kind == "wider" or (now > shift.before) == (shift.kind == "higher"):
            self.shift = replace(shift, now=now)
            return False
        turned: Kind = "lower" if shift.kind == "higher" else "higher"
        self.shift = Shift(turned, self._row_since_ns, shift.before, now)
        return True

    def _agrees(self, row: Sequence[float]) -> bool:
        """Of uniform ranks x = 2 u - 1 has mean 0 and variance 1/3, (3 x² - 1) / 2 mean 0 and variance 1/5."""
        off = [2 * rank - 1 for rank in row]
        likely = SURE * math.sqrt(1 / len(row) + 1 / len(self._ranks))
        median = sum(off) / len(row)
        width = sum(3 * x * x - 1 for x in off) / (2 * len(row))
        return abs(median) <= likely * math.sqrt(1 / 3) and abs(width) <= likely * math.sqrt(1 / 5)

    def _last(self, parts: int) -> Sequence[float]:
        """Values of the last parts, ascending, as far as they are kept."""
        return sorted(list(self.recent)[-parts:])


def _figure(kind: Kind, ascending: Sequence[float]) -> float:
    if kind == "wider":
        return (_quantile(ascending, 0.9) - _quantile(ascending, 0.1)) / 2
    return _quantile(ascending, 0.5)


def _quantile(ascending: Sequence[float], level: float) -> float:
    return ascending[round(level * (len(ascending) - 1))]
