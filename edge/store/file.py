"""The store's file at its seam: SQLite with WAL and synchronous=FULL, its errors as ours, damage set aside."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from edge.errors import StoreDamagedError, StoreError, StoreRefusedError

NAME = "alerts.sqlite"
# Without a limit a WAL that once grew, because a transaction was large, keeps its size on disk for ever.
_JOURNAL_LIMIT_BYTES = 16 * 1024 * 1024
_CHECK_S = 1.0
_STEPS_BETWEEN_LOOKS = 10_000
_KEPT_ASIDE = 3
_REFUSED = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")
_VERSION_1 = """
CREATE TABLE IF NOT EXISTS alerts (seq INTEGER PRIMARY KEY, alert TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS ages (run_hour INTEGER PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS judgements (
    alert_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, time TEXT NOT NULL, by TEXT NOT NULL, judgement TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS actions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    time TEXT NOT NULL, by TEXT NOT NULL, action TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS alerts_by_id ON alerts (json_extract(alert, '$.alert_id'));
PRAGMA user_version = 1;
"""
_VERSION_2 = """
ALTER TABLE actions ADD COLUMN reason TEXT NOT NULL DEFAULT '';
CREATE INDEX alerts_by_camera ON alerts (json_extract(alert, '$.camera'));
PRAGMA user_version = 2;
"""
_VERSIONS = (_VERSION_1, _VERSION_2)


def open_file(path: Path) -> sqlite3.Connection:
    """Opens the store, brings its tables to this version, and looks through its pages for at most a second.

    Raises:
        StoreDamagedError: it is damaged, or no such file.
        StoreError: it cannot be used, or another process holds it.
    """
    with mapped("open", path):
        db = sqlite3.connect(path, timeout=1.0, isolation_level=None, check_same_thread=False)
    try:
        with mapped("open", path):
            # A second station on the same store would give numbers twice: the first one keeps it locked. It also
            # means that no other reader can pin the WAL.
            db.execute("PRAGMA locking_mode=EXCLUSIVE")
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute(f"PRAGMA journal_size_limit={_JOURNAL_LIMIT_BYTES}")
            with immediate(db):
                (version,) = db.execute("PRAGMA user_version").fetchone()
                for step in _VERSIONS[version:]:
                    for statement in step.split(";\n"):
                        db.execute(statement)
            _check(db, path)
    except StoreError:
        db.close()
        raise
    return db


@contextmanager
def open_to_read(folder: Path) -> Iterator[sqlite3.Connection]:
    """Opens the store of a station that does not run, for reading only.

    Raises:
        StoreError: there is none, it cannot be read, or a station holds it.
    """
    path = folder / NAME
    if not path.is_file():
        raise StoreError(f"no store of a station in {folder}", hint="give the state folder of the station")
    shared = Path(f"{path}-shm")  # a station makes none; what a reader makes need not stay behind
    with mapped("read", path):
        # As a URI, which no sign in the name of a folder can break.
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.2, isolation_level=None)
        try:
            yield db
        finally:
            db.close()
            with suppress(OSError):
                shared.unlink()


@contextmanager
def immediate(db: sqlite3.Connection) -> Iterator[None]:
    """One transaction, committed as a whole or not at all; on disk when it is over."""
    db.execute("BEGIN IMMEDIATE")
    with db:  # commits, or rolls back whatever ends the block
        yield


@contextmanager
def mapped(action: str, path: Path) -> Iterator[None]:
    """Errors of SQLite become errors of the store."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            if action == "read":
                raise StoreError(f"{path} is held by its station", hint="ask it with --control") from error
            hint = "stop it, or give this station another name or state directory"
            raise StoreError(f"{path} is held by another station", hint=hint) from error
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            hint = "move the file away to begin a new store"
            raise StoreDamagedError(f"{path} is damaged: {error}", hint=hint) from error
        hint = "check the disk's free space and the owner of the folder"
        kind = StoreRefusedError if name.startswith(_REFUSED) else StoreError
        raise kind(f"cannot {action} {path}: {error}", hint=hint) from error


def set_aside(path: Path) -> Path:
    """Renames a damaged store with its journal, for somebody to look at; the newest three such are kept.

    Raises:
        StoreError: it cannot be renamed.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    aside = path.with_name(f"{path.name}.bad-{stamp}-{time.monotonic_ns()}")
    try:
        path.replace(aside)
        for suffix in ("-wal", "-shm"):
            if (journal := Path(f"{path}{suffix}")).exists():
                journal.replace(f"{aside}{suffix}")
        kept = [old for old in path.parent.glob(f"{path.name}.bad-*") if not old.name.endswith(("-wal", "-shm"))]
        for old in sorted(kept, key=lambda file: file.stat().st_mtime_ns)[:-_KEPT_ASIDE]:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{old}{suffix}").unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"cannot set {path} aside: {error.strerror}", hint="move it away by hand") from error
    return aside


def _check(db: sqlite3.Connection, path: Path) -> None:
    """What the time does not suffice for is noticed when it is read."""
    give_up_s = time.monotonic() + _CHECK_S
    db.set_progress_handler(lambda: time.monotonic() > give_up_s, _STEPS_BETWEEN_LOOKS)
    try:
        (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_INTERRUPT":
            raise
        found = "ok"
    finally:
        db.set_progress_handler(None, 0)
    if found != "ok":
        hint = "move the file away to begin a new store"
        raise StoreDamagedError(f"{path} is damaged: {' '.join(found.split())}", hint=hint)
