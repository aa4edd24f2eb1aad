"""What people did to a station, and what they said about its alerts: rows beside the alerts."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from edge.errors import UsageError
from edge.store.file import immediate

Judgement = Literal["true_alarm", "false_alarm"]


@dataclass(frozen=True, slots=True)
class Action:
    """Something that was changed through control.

    Attributes:
        number: dense, from 1.
        time: RFC 3339 UTC, a label.
        by: who did it: the name of a key, or how they called themselves.
        action: what, e.g. ``pause``.
        before, after: what was changed, as JSON or plain words; empty where there is nothing to tell.
    """

    number: int
    time: str
    by: str
    action: str
    before: str
    after: str


def record(db: sqlite3.Connection, by: str, action: str, before: str, after: str) -> Action:
    """Commits an action and gives it its number."""
    now = _now()
    with immediate(db):
        insert = "INSERT INTO actions (time, by, action, before, after) VALUES (?, ?, ?, ?, ?)"
        number = db.execute(insert, (now, by, action, before, after)).lastrowid
    return Action(number or 0, now, by, action, before, after)


def since(db: sqlite3.Connection, number: int, limit: int) -> list[Action]:
    """At most so many actions after a number, in order."""
    columns = "number, time, by, action, before, after"
    query = f"SELECT {columns} FROM actions WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608
    return [Action(*row) for row in db.execute(query, (number, limit))]


def judge(db: sqlite3.Connection, alert_id: str, by: str, judgement: Judgement) -> str:
    """Commits what somebody says about an alarm; the last word counts. Returns the one before, or nothing.

    Raises:
        UsageError: no alert on disk has this id.
    """
    with immediate(db):
        find = "SELECT min(seq) FROM alerts WHERE json_extract(alert, '$.alert_id') = ?"
        (seq,) = db.execute(find, (alert_id,)).fetchone()
        if seq is None:
            raise UsageError(f"no alert {alert_id[:64]!r} on disk", hint="replay shows those that are there")
        before = db.execute("SELECT judgement FROM judgements WHERE alert_id = ?", (alert_id,)).fetchone()
        db.execute(
            "INSERT OR REPLACE INTO judgements VALUES (?, ?, ?, ?, ?)", (alert_id, seq, _now(), by, judgement)
        )
    return str(before[0]) if before else ""


def judgements(db: sqlite3.Connection) -> dict[str, Judgement]:
    """What was said about each alarm that is still on disk."""
    return dict(db.execute("SELECT alert_id, judgement FROM judgements ORDER BY seq"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
