"""One event when something begins and one when it is over, also where it flickers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OVER_AFTER = 5


@dataclass(frozen=True, slots=True)
class Change:
    """An incident that began or is over.

    Attributes:
        kind: which of the two.
        reason: what it began with.
    """

    kind: Literal["began", "over"]
    reason: str


class Incident:
    """Follows one thing that is at fault or not, look by look. Not for several threads at once.

    Args:
        over_after: looks without a fault, one after the other, after which an incident is over.
    """

    def __init__(self, over_after: int = OVER_AFTER) -> None:
        self._over_after = over_after
        self._reason = ""
        self._sound = 0

    def take(self, reason: str) -> Change | None:
        """Takes in the outcome of a look, empty for no fault. Other reasons during an incident are part of it."""
        if reason:
            self._sound = 0
            if self._reason:
                return None
            self._reason = reason
            return Change("began", reason)
        if not self._reason:
            return None
        self._sound += 1
        if self._sound < self._over_after:
            return None
        over, self._reason = Change("over", self._reason), ""
        return over
