"""What a client of a station may do."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Each role may do what those before it may."""

    OBSERVE = "observe"
    OPERATE = "operate"
    MAINTAIN = "maintain"

    def covers(self, needed: Role) -> bool:
        """Whether a client with this role may do what another role is needed for."""
        order = list(Role)
        return order.index(self) >= order.index(needed)
