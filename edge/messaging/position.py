"""Where a reader stands in a station's alerts: pure bookkeeping over sequence numbers."""

from __future__ import annotations

_REMEMBERED = 10_000


class Position:
    """Knows which alerts were delivered, so that none comes twice and a missing one is noticed.

    Args:
        seq: every alert up to this one was delivered; None to begin with whatever comes next.

    Attributes:
        missed: alerts that were given up.
    """

    def __init__(self, seq: int | None = None) -> None:
        self._whole = seq
        self._ahead: set[int] = set()
        self._delivered: dict[int, str] = {}
        self.missed = 0

    @property
    def known(self) -> bool:
        """Whether it has begun anywhere."""
        return self._whole is not None

    @property
    def seq(self) -> int:
        """Every alert up to this one was delivered or given up."""
        return self._whole or 0

    def take(self, seq: int, alert_id: str) -> bool:
        """Notes an alert; False where it was delivered before.

        Another alert under a known number means that the station lost its store and counts anew: then all of
        the new store is wanted, because dropping its alerts as known ones would be far worse.
        """
        if self._delivered.get(seq) == alert_id:
            return False
        if self._whole is None:
            self._whole = seq - 1
        elif seq <= self._whole or seq in self._ahead:
            self._whole = 0
            self._ahead.clear()
            self._delivered.clear()
        self._delivered[seq] = alert_id
        self._ahead.add(seq)
        self._advance()
        if len(self._delivered) > _REMEMBERED:
            self._forget_oldest()
        return True

    def hear(self, last_seq: int) -> None:
        """Notes the newest alert on disk, from a heartbeat: where a reader without a past begins."""
        if self._whole is None:
            self._whole = last_seq

    def behind(self, last_seq: int) -> bool:
        """Whether an alert up to ``last_seq`` is missing."""
        return self._whole is not None and last_seq > self._whole

    def settle(self, seq: int) -> None:
        """Gives up what is missing up to ``seq``: nobody has it any more."""
        if self.behind(seq):
            delivered = {number for number in self._ahead if number <= seq}
            self.missed += seq - self.seq - len(delivered)
            self._ahead -= delivered
            self._whole = seq
            self._advance()

    def _forget_oldest(self) -> None:
        oldest = next(iter(self._delivered))
        del self._delivered[oldest]
        if oldest in self._ahead:
            self.settle(oldest)

    def _advance(self) -> None:
        while self._whole is not None and self._whole + 1 in self._ahead:
            self._whole += 1
            self._ahead.remove(self._whole)
