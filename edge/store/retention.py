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
    """Deletes at most 500 alerts that are beyond a limit, so that no alert waits long for it; returns how many."""
    doomed_seq = max(_too_old(db, options, run_s), _too_many(db, options))
    if not doomed_seq:
        return 0
    with immediate(db):
        chosen = "SELECT seq FROM alerts WHERE seq <= ? ORDER BY seq LIMIT ?"
        deleted = db.execute(f"DELETE FROM alerts WHERE seq IN ({chosen})", (doomed_seq, _AT_ONCE)).rowcount  # noqa: S608
        gone = "(SELECT coalesce(min(seq), ?) FROM alerts)"
        db.execute(f"DELETE FROM judgements WHERE seq < {gone}", (doomed_seq,))  # noqa: S608
        db.execute("DELETE FROM actions WHERE number <= (SELECT max(number) FROM actions) - ?", (_KEPT_ACTIONS,))
    return deleted


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


def _too_many(db: sqlite3.Connection, options: OutboxOptions) -> int:
    """The newest alert of those that have to go for their size; 0 for none."""
    if used_bytes(db) <= options.keep_mb * 1_000_000:
        return 0
    (seq,) = db.execute(
        "SELECT coalesce(max(seq), 0) FROM (SELECT seq FROM alerts ORDER BY seq LIMIT ?)", (_AT_ONCE,)
    ).fetchone()
    return int(seq)
