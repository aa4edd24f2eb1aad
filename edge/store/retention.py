"""Deletes the oldest alerts: by the station's running time, and by their size on disk."""

from __future__ import annotations

import sqlite3

from edge.store.file import immediate
from edge.store.options import OutboxOptions

_AT_ONCE = 500
_KEPT_ACTIONS = 100_000
_HOURS_PER_DAY = 24


def note_age(db: sqlite3.Connection, run_s: float, last_seq: int) -> None:
    """Notes which alerts are as old as this hour of running time; wall time would age them when a clock is set.

    Args:
        db: the store.
        run_s: seconds that the station has run, in all its lives.
        last_seq: the newest alert on disk.
    """
    with immediate(db):
        db.execute("INSERT OR REPLACE INTO counters VALUES ('run_s', ?)", (int(run_s),))
        db.execute("INSERT OR REPLACE INTO ages VALUES (?, ?)", (int(run_s // 3600), last_seq))
        db.execute("DELETE FROM ages WHERE seq < (SELECT min(seq) FROM alerts)")


def delete_oldest(db: sqlite3.Connection, options: OutboxOptions, run_s: float) -> int:
    """Deletes at most 500 rows that are beyond a limit, so that no alert waits long for it; returns how many.

    Actions leave beyond 100,000 of them; where the store is too large they leave first if there are more of them,
    so that nobody can push alerts out by asking for changes.
    """
    full = used_bytes(db) > options.keep_mb * 1_000_000
    count = _span(db, "number", "actions")
    if count > _KEPT_ACTIONS or (full and count > _span(db, "seq", "alerts")):
        return _delete_actions(db)
    doomed_seq = max(_too_old(db, options, run_s), _first_seqs(db) if full else 0)
    return _delete_alerts(db, doomed_seq) if doomed_seq else 0


def used_bytes(db: sqlite3.Connection) -> int:
    """Bytes of the file that hold something; what was deleted is used again before the file grows."""
    (pages,), (free,), (size,) = (
        db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _too_old(db: sqlite3.Connection, options: OutboxOptions, run_s: float) -> int:
    """The newest alert that is too old and still there; 0 for none."""
    hour = run_s / 3600 - options.keep_days * _HOURS_PER_DAY
    (seq,) = db.execute("SELECT coalesce(max(seq), 0) FROM ages WHERE run_hour + 1 <= ?", (hour,)).fetchone()
    (there,) = db.execute("SELECT EXISTS (SELECT 1 FROM alerts WHERE seq <= ?)", (seq,)).fetchone()
    return int(seq) if there else 0


def _first_seqs(db: sqlite3.Connection) -> int:
    """The newest of the oldest 500 alerts; 0 for none."""
    query = "SELECT coalesce(max(seq), 0) FROM (SELECT seq FROM alerts ORDER BY seq LIMIT ?)"
    (seq,) = db.execute(query, (_AT_ONCE,)).fetchone()
    return int(seq)


def _span(db: sqlite3.Connection, number: str, table: str) -> int:
    """How many rows there are at most, by the first and the last number: to count them would read them all."""
    ends = f"SELECT (SELECT max({number}) FROM {table}) - (SELECT min({number}) FROM {table}) + 1"  # noqa: S608
    return int(db.execute(ends).fetchone()[0] or 0)


def _delete_actions(db: sqlite3.Connection) -> int:
    with immediate(db):
        chosen = "SELECT number FROM actions ORDER BY number LIMIT ?"
        return db.execute(f"DELETE FROM actions WHERE number IN ({chosen})", (_AT_ONCE,)).rowcount  # noqa: S608


def _delete_alerts(db: sqlite3.Connection, doomed_seq: int) -> int:
    with immediate(db):
        chosen = "SELECT seq FROM alerts WHERE seq <= ? ORDER BY seq LIMIT ?"
        deleted = db.execute(f"DELETE FROM alerts WHERE seq IN ({chosen})", (doomed_seq, _AT_ONCE)).rowcount  # noqa: S608
        gone = "(SELECT coalesce(min(seq), ?) FROM alerts)"
        db.execute(f"DELETE FROM judgements WHERE seq < {gone}", (doomed_seq,))  # noqa: S608
    return deleted
