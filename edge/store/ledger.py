"""The store as one thing: the file of rows, and beside it the numbers that were given."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from time import monotonic

from edge.errors import StoreDamagedError, StoreRefusedError
from edge.log import log_event
from edge.store import retention
from edge.store.file import NAME, immediate, mapped, open_file, set_aside
from edge.store.numbers import Numbers
from edge.store.options import OutboxOptions
from edge.store.waiting import Row

_NUMBERS = "alerts.seq"
_IDLE_S = 5.0
_NOTE_AGE_S = 600.0
log = logging.getLogger(__name__)


class Ledger:
    """Rows under numbers that only go up, whatever happens to the file. Not for several threads at once.

    Args:
        folder: where it lies.

    Attributes:
        last_seq: the newest number on disk.
        last_given: the newest number given, on disk or not.
        damage: what was found wrong with the file in this life, one line; empty where nothing was.

    Raises:
        StoreError: the file cannot be used, or another process holds it.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.damage = ""
        self.last_seq = self.last_given = 0
        self._open()
        with ExitStack() as unless_whole:
            unless_whole.callback(lambda: self.db.close())  # the file may be another one by then
            self._numbers = Numbers(folder / _NUMBERS)
            self._go_on()
            unless_whole.pop_all()

    def _open(self) -> None:
        try:
            self.db = open_file(self.path)
        except StoreDamagedError as error:
            self._set_aside(error.message)
            self.db = open_file(self.path)
        (run_s,) = self._one("SELECT coalesce(max(value), 0) FROM counters WHERE name = 'run_s'")
        self._began_s = monotonic() - run_s
        self._note_age_at_s = run_s + _NOTE_AGE_S
        self._committed_s = monotonic()

    def begin_anew(self) -> None:
        """Sets the file aside, as it was found damaged while in use, and goes on with an empty one.

        Raises:
            StoreError: that is impossible.
        """
        self.db.close()
        self._set_aside(f"{self.path} is damaged")
        self._open()
        self.last_seq = self.last_given

    def commit(self, rows: Sequence[Row]) -> None:
        """Puts rows on disk in one transaction.

        Args:
            rows: numbers above ``last_seq``, in order.

        Raises:
            StoreRefusedError: the disk refuses; nothing was stored.
            StoreDamagedError: the file is damaged.
        """
        if not rows:
            return
        last = rows[-1][0]
        with mapped("write", self.path), immediate(self.db):
            self._numbers.reserve(last)
            self.db.executemany("INSERT INTO alerts VALUES (?, ?)", rows)
            self.db.execute("INSERT OR REPLACE INTO counters VALUES ('last_seq', ?)", (last,))
        self.last_seq = last
        self.last_given = max(self.last_given, last)
        self._committed_s = monotonic()
        with suppress(StoreRefusedError):  # the rows are on disk; the number beside them only tells of their loss
            self._numbers.give(last)

    def give(self, last: int) -> None:
        """Notes that numbers were given to rows that are not on disk, if the disk takes as little as that."""
        self.last_given = last
        with suppress(StoreRefusedError):
            self._numbers.give(last, flush=True)

    def since(self, seq: int, limit: int, most_bytes: float = math.inf) -> tuple[list[str], bool]:
        """At most so many texts after a number, in order, and one at least; whether bytes had to end them."""
        query = "SELECT alert FROM alerts WHERE seq > ? ORDER BY seq LIMIT ?"
        texts: list[str] = []
        with mapped("read", self.path), closing(self.db.execute(query, (seq, limit))) as rows:
            for (text,) in rows:
                most_bytes -= len(text)
                if texts and most_bytes < 0:
                    return texts, True
                texts.append(text)
        return texts, False

    def newest_of_each_camera(self) -> list[str]:
        """The newest text of each camera, in order."""
        query = (
            "SELECT alert FROM alerts WHERE seq IN "
            "(SELECT max(seq) FROM alerts GROUP BY json_extract(alert, '$.camera')) ORDER BY seq"
        )
        with mapped("read", self.path):
            return [text for (text,) in self.db.execute(query)]

    def tidy(self, options: OutboxOptions) -> bool:
        """Deletes a few of what is beyond a limit, and empties the journal when idle; True: there may be more.

        Raises:
            StoreRefusedError: the disk refuses.
        """
        run_s = monotonic() - self._began_s
        with mapped("write", self.path):
            if self.last_seq and run_s >= self._note_age_at_s:
                retention.note_age(self.db, run_s, self.last_seq)
                self._note_age_at_s = run_s + _NOTE_AGE_S
            if deleted := retention.delete_oldest(self.db, options, run_s):
                return bool(deleted)
            if monotonic() - self._committed_s > _IDLE_S and self.wal_bytes:
                self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return False

    @property
    def wal_bytes(self) -> int:
        """Size of the journal."""
        try:
            return Path(f"{self.path}-wal").stat().st_size
        except FileNotFoundError:
            return 0

    def close(self) -> None:
        with mapped("close", self.path):
            self.db.close()
        self._numbers.close()

    def _go_on(self) -> None:
        """Numbers go on after the last one that is known, on disk or beside it."""
        (known,) = self._one(
            "SELECT max(coalesce((SELECT max(seq) FROM alerts), 0), "
            "coalesce((SELECT value FROM counters WHERE name = 'last_seq'), 0))"
        )
        self.last_seq = int(known)
        if known < self._numbers.last:
            self.last_seq = self._numbers.reserved
            lost = f"numbers {known + 1} to {self.last_seq} are not on disk"
            self.damage = f"{self.damage}; {lost}" if self.damage else lost
            log_event(log, "numbers_skipped", level=logging.WARNING, reason=lost)
        self.last_given = self.last_seq

    def _one(self, query: str) -> tuple[int, ...]:
        with mapped("read", self.path):
            found: tuple[int, ...] = self.db.execute(query).fetchone()
        return found

    def _set_aside(self, reason: str) -> None:
        aside = set_aside(self.path)
        self.damage = f"{reason}; set aside as {aside.name}"
        log_event(log, "store_set_aside", level=logging.ERROR, reason=reason, path=str(aside))
