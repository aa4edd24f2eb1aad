"""What people did to a station, and what they said about its alerts: rows beside the alerts."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from edge.errors import UsageError

Judgement = Literal["true_alarm", "false_alarm"]
_ACTIONS = "SELECT number, time, by, action, before, after, reason FROM actions"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said about an alarm: the judgement, who, and when (RFC 3339 UTC, a label)."""

    judgement: Judgement
    by: str
    time: str


@dataclass(frozen=True, slots=True)
class Action:
    """Something that was changed through control.

    Attributes:
        number: dense, from 1.
        time: RFC 3339 UTC, a label.
        by: who did it: the name of a key, or how they called themselves.
        action: what, e.g. ``pause``.
        before, after: what was changed, as JSON or plain words; empty where there is nothing to tell.
        reason: why, in the words of who did it; empty where none were given.
    """

    number: int
    time: str
    by: str
    action: str
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says about an alarm.

    Attributes:
        judgement: whether it was right.
        by: who says so.
    """

    judgement: Judgement
    by: str


def record(db: sqlite3.Connection, by: str, action: str, before: str, after: str, reason: str) -> Action:
    """Writes an action, in the transaction that is open, and gives it its number."""
    row = (_now(), by, action, before, after, reason)
    insert = "INSERT INTO actions (time, by, action, before, after, reason) VALUES (?, ?, ?, ?, ?, ?)"
    return Action(db.execute(insert, row).lastrowid or 0, *row)


def read(db: sqlite3.Connection, since: int | None, limit: int) -> list[Action]:
    """At most so many actions in order: those after a number, or the newest ones."""
    if since is None:
        rows = db.execute(f"{_ACTIONS} ORDER BY number DESC LIMIT ?", (limit,)).fetchall()[::-1]
    else:
        rows = db.execute(f"{_ACTIONS} WHERE number > ? ORDER BY number LIMIT ?", (since, limit)).fetchall()
    return [Action(*row) for row in rows]


def judge(db: sqlite3.Connection, alert_id: str, word: Word) -> Word | None:
    """Writes, in the transaction that is open, what somebody says about an alarm; returns the word before, if any.

    Raises:
        UsageError: no alert on disk has this id.
    """
    find = "SELECT min(seq) FROM alerts WHERE json_extract(alert, '$.alert_id') = ?"
    (seq,) = db.execute(find, (alert_id,)).fetchone()
    if seq is None:
        raise UsageError(f"no alert {alert_id[:64]!r} on disk", hint="replay shows those that are there")
    before = db.execute("SELECT judgement, by FROM judgements WHERE alert_id = ?", (alert_id,)).fetchone()
    row = (alert_id, seq, _now(), word.by, word.judgement)
    db.execute("INSERT OR REPLACE INTO judgements VALUES (?, ?, ?, ?, ?)", row)
    return Word(*before) if before else None


def judgements(db: sqlite3.Connection) -> dict[str, Judgement]:
    """What was said about each alarm that is still on disk."""
    return dict(db.execute("SELECT alert_id, judgement FROM judgements ORDER BY seq"))


def said(db: sqlite3.Connection) -> dict[str, Said]:
    """The same, with who said so and when."""
    rows = db.execute("SELECT alert_id, judgement, by, time FROM judgements ORDER BY seq")
    return {alert_id: Said(judgement, by, time) for alert_id, judgement, by, time in rows}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
