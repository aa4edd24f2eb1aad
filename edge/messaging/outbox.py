"""The outbox: every alert is on disk before anybody hears of it, so that none is lost with the process."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from edge.errors import StoreError
from edge.messaging.messages import Alert

_FILE = "alerts.sqlite"
_SCHEMA = "CREATE TABLE IF NOT EXISTS alerts (seq INTEGER PRIMARY KEY, alert TEXT NOT NULL) STRICT"
# Without a limit a WAL that once grew, because a reader held it, keeps its size on disk for ever.
_JOURNAL_LIMIT_BYTES = 16 * 1024 * 1024


def default_state_dir(station: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Where a station keeps what must survive it: systemd's directory, else the user's own."""
    if given := environ.get("STATE_DIRECTORY"):
        # systemd separates several directories by colons; the first one is ours.
        return Path(given.split(":")[0])
    state_home = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state_home) / "edge-ad" / station


class Outbox:
    """Alerts of one station, numbered densely from 1, in ``alerts.sqlite`` (WAL, synchronous=FULL).

    One process at a time may hold it; its threads may share it.

    Args:
        state_dir: folder of the store; made if absent.

    Raises:
        StoreError: the folder or the file cannot be used, or another process holds it.
    """

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / _FILE
        self._lock = threading.Lock()
        try:
            state_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            hint = "give another state directory"
            raise StoreError(f"cannot make {state_dir}: {error.strerror}", hint=hint) from error
        with self._mapped("open"):
            self._db = sqlite3.connect(self.path, timeout=1.0, isolation_level=None, check_same_thread=False)
            try:
                self._last_seq = self._prepare()
            except sqlite3.Error:
                self._db.close()
                raise

    @property
    def last_seq(self) -> int:
        """Number of the newest committed alert; 0 before the first."""
        return self._last_seq

    def append(self, alerts: Sequence[Alert]) -> None:
        """Commits alerts in one transaction; they are on disk when this returns.

        Args:
            alerts: numbered ``last_seq + 1`` and on.

        Raises:
            StoreError: the disk refuses, or the numbers leave a gap; nothing was stored then.
        """
        numbers = [alert.seq for alert in alerts]
        with self._lock, self._mapped("write"):
            if numbers != list(range(self._last_seq + 1, self._last_seq + 1 + len(numbers))):
                raise StoreError(f"alerts {numbers} do not follow number {self._last_seq} in {self.path}")
            rows = [(alert.seq, alert.model_dump_json()) for alert in alerts]
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany("INSERT INTO alerts VALUES (?, ?)", rows)
                self._db.execute("COMMIT")
            except sqlite3.Error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._last_seq += len(numbers)

    def since(self, seq: int, limit: int) -> list[str]:
        """JSON texts of at most ``limit`` alerts after number ``seq``, in order.

        Raises:
            StoreError: the file cannot be read.
        """
        query = "SELECT alert FROM alerts WHERE seq > ? ORDER BY seq LIMIT ?"
        with self._lock, self._mapped("read"):
            return [text for (text,) in self._db.execute(query, (seq, limit))]

    def newest(self, limit: int) -> list[Alert]:
        """At most ``limit`` alerts, the newest ones, in order.

        Raises:
            StoreError: the file cannot be read, or holds something else.
        """
        try:
            since = max(0, self._last_seq - limit)
            return [Alert.model_validate_json(text, extra="ignore") for text in self.since(since, limit)]
        except ValidationError as error:
            hint = "move the file away to begin a new store"
            raise StoreError(f"{self.path} holds what is no alert", hint=hint) from error

    def close(self) -> None:
        with self._lock, self._mapped("close"):
            self._db.close()

    def _prepare(self) -> int:
        # A second station on the same store would give numbers twice: the first one keeps it locked.
        self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(f"PRAGMA journal_size_limit={_JOURNAL_LIMIT_BYTES}")
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(_SCHEMA)
        (last,) = self._db.execute("SELECT coalesce(max(seq), 0) FROM alerts").fetchone()
        self._db.execute("COMMIT")
        return int(last)

    @contextmanager
    def _mapped(self, action: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                hint = "stop it, or give this station another name or state directory"
                raise StoreError(f"{self.path} is held by another station", hint=hint) from error
            if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
                hint = "move the file away to begin a new store"
                raise StoreError(f"{self.path} is damaged: {error}", hint=hint) from error
            hint = "check the disk's free space and the owner of the folder"
            raise StoreError(f"cannot {action} {self.path}: {error}", hint=hint) from error
