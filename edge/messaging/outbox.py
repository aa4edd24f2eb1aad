"""The outbox: every alert is on disk before anybody hears of it, so that none is lost with the process."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from edge.errors import StoreDamagedError, StoreError, StoreRefusedError
from edge.log import log_event
from edge.messaging.messages import Alert, Condition
from edge.store import actions as action_rows
from edge.store import retention
from edge.store.actions import Action, Judgement, Said, Word
from edge.store.file import immediate, mapped
from edge.store.ledger import Ledger
from edge.store.options import OutboxOptions
from edge.store.waiting import Waiting

_AGAIN_S = 0.5
_TIDY_S = 10.0
_TIDY_AGAIN_S = 0.1
_BATCH = 500
_READ_WAIT_S = 0.2
_HANGS_S = 0.5  # at the end, after all that writes was given its time
log = logging.getLogger(__name__)


def default_state_dir(station: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Where a station keeps what must survive it: systemd's directory, else the user's own."""
    if given := environ.get("STATE_DIRECTORY"):
        # systemd separates several directories by colons; the first one is ours.
        return Path(given.split(":")[0])
    state_home = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state_home) / "edge-ad" / station


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """What the outbox holds.

    Attributes:
        last_seq: newest alert on disk.
        waiting: alerts in memory that the disk refuses.
        dropped: alerts that had to leave memory before the disk took them, since the start.
        used_bytes: what alerts take on disk.
        wal_bytes: size of the journal.
    """

    last_seq: int
    waiting: int
    dropped: int
    used_bytes: int
    wal_bytes: int


class Outbox:
    """Alerts of one station, numbered densely from 1, in ``alerts.sqlite`` (WAL, synchronous=FULL).

    One process at a time may hold it; its threads may share it. A damaged store is set aside and a new one goes on
    with higher numbers: no number is ever given twice.

    Args:
        state_dir: folder of the store; made if absent.
        options: how long alerts are kept, and how many may wait for a disk that refuses.

    Raises:
        StoreError: the folder or the file cannot be used, or another process holds it.
    """

    def __init__(self, state_dir: Path, options: OutboxOptions = OutboxOptions()) -> None:  # noqa: B008 - frozen
        self._options = options
        self._lock = threading.RLock()
        try:
            state_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            hint = "give another state directory"
            raise StoreError(f"cannot make {state_dir}: {error.strerror}", hint=hint) from error
        self._ledger = Ledger(state_dir)
        self.path = self._ledger.path
        self._waiting = Waiting(options.waiting_alerts)
        self._refusal = ""
        self._try_again_s = 0.0
        self._tidy_next_s = time.monotonic() + _TIDY_S
        self._overflows = False
        self._used_bytes = 0

    @property
    def last_seq(self) -> int:
        """Number of the newest committed alert; 0 before the first."""
        return self._ledger.last_seq

    @property
    def next_seq(self) -> int:
        """Number of the next alert, beyond those on disk and those that wait for it."""
        return self._ledger.last_given + 1

    @property
    def condition(self) -> tuple[Condition, str]:
        """State of the disk for alerts, and why."""
        if self._overflows:
            return (
                "failed",
                f"more than {self._options.waiting_alerts} alerts wait, the oldest are lost: {self._refusal}",
            )
        if self._refusal:
            return "degraded", f"alerts wait in memory: {self._refusal}"
        return ("degraded", self._ledger.damage) if self._ledger.damage else ("ok", "")

    def keep(self, alerts: Sequence[Alert]) -> Sequence[Alert]:
        """Commits alerts in one transaction, or holds them in memory while the disk refuses.

        Args:
            alerts: numbered ``next_seq`` and on.

        Returns:
            The alerts as they may be announced: ``durable`` is false where they wait in memory.

        Raises:
            StoreError: the store cannot be used at all, or the numbers leave a gap; nothing was kept then.
        """
        with self._lock:
            self._check_numbers(alerts)
            if not self._refusal:
                try:
                    self._commit([(alert.seq, alert.model_dump_json()) for alert in alerts])
                    return alerts
                except StoreRefusedError as error:
                    self._begin_to_refuse(error)
            self._hold(alerts)
            return [alert.model_copy(update={"durable": False}) for alert in alerts]

    def append(self, alerts: Sequence[Alert]) -> None:
        """Commits alerts in one transaction; they are on disk when this returns.

        Args:
            alerts: numbered ``next_seq`` and on.

        Raises:
            StoreRefusedError: the disk refuses; nothing was stored then.
            StoreError: the store cannot be used, or the numbers leave a gap.
        """
        with self._lock:
            self._check_numbers(alerts)
            self._commit([(alert.seq, alert.model_dump_json()) for alert in alerts])

    def tend(self) -> None:
        """Writes what waits, if the disk takes it again, and now and then deletes what is too old or too much.

        To be called several times a second by the thread that keeps.

        Raises:
            StoreError: the store cannot be used at all.
        """
        now_s = time.monotonic()
        with self._lock:
            if self._refusal and now_s >= self._try_again_s:
                self._write_waiting()
            if now_s >= self._tidy_next_s and not self._refusal:
                self._tidy_next_s = now_s + _TIDY_S
                # A disk that refuses this is told of by the next alert.
                with suppress(StoreRefusedError):
                    if self._ledger.tidy(self._options):
                        self._tidy_next_s = now_s + _TIDY_AGAIN_S

    def settle(self) -> None:
        """Writes what waits, now.

        Raises:
            StoreRefusedError: the disk refuses still; what waits is lost with the process.
        """
        with self._lock:
            if self._refusal:
                self._write_waiting()
            if len(self._waiting):
                raise StoreRefusedError(f"{len(self._waiting)} alerts are not on disk: {self._refusal}")

    def since(self, seq: int, limit: int, most_bytes: float = math.inf) -> list[str]:
        """JSON texts of alerts after number ``seq``, in order; those that wait in memory too.

        Args:
            seq: the number before the first.
            limit: most alerts.
            most_bytes: of all texts; where there is one, it comes however long it is.

        Raises:
            StoreError: the file cannot be read.
        """
        with self._lock:
            texts, cut = self._ledger.since(seq, limit, most_bytes)
            waiting = [] if cut else self._waiting.since(seq, limit - len(texts))
        for text in waiting:
            if texts and sum(map(len, texts)) + len(text) > most_bytes:
                break
            texts.append(_not_durable(text))
        return texts

    def newest_of_each_camera(self) -> list[Alert]:
        """The newest alert on disk of each camera.

        Raises:
            StoreError: the file cannot be read, or holds something else.
        """
        with self._lock:
            texts = self._ledger.newest_of_each_camera()
        try:
            return [Alert.model_validate_json(text, extra="ignore") for text in texts]
        except ValidationError as error:
            hint = "move the file away to begin a new store"
            raise StoreError(f"{self.path} holds what is no alert", hint=hint) from error

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is recorded and acknowledged in this block is on disk after it as a whole, or not at all.

        Raises:
            StoreError: the disk refuses; nothing was stored.
        """
        with self._lock, mapped("write", self.path):
            if self._ledger.db.in_transaction:
                yield
            else:
                with immediate(self._ledger.db):
                    yield

    def record_action(self, by: str, action: str, before: str = "", after: str = "", reason: str = "") -> Action:
        """Commits what somebody changed.

        Raises:
            StoreError: the disk refuses; nothing was stored.
        """
        with self.together():
            return action_rows.record(self._ledger.db, by, action, before, after, reason)

    def actions(self, since: int | None = None, limit: int = 100) -> list[Action]:
        """At most ``limit`` actions in order: those after a number, or the newest ones.

        Raises:
            StoreError: the file cannot be read.
        """
        with self._lock, mapped("read", self.path):
            return action_rows.read(self._ledger.db, since, limit)

    def acknowledge(self, alert_id: str, by: str, judgement: Judgement) -> Word | None:
        """Commits what somebody says about an alarm; the last word counts. Returns the word before, if any.

        Raises:
            UsageError: no alert on disk has this id.
            StoreError: the disk refuses; nothing was stored.
        """
        with self.together():
            return action_rows.judge(self._ledger.db, alert_id, Word(judgement, by))

    def judgements(self) -> dict[str, Judgement]:
        """What was said about each alarm that is still on disk, by alert_id."""
        with self._lock, mapped("read", self.path):
            return action_rows.judgements(self._ledger.db)

    def said(self) -> dict[str, Said]:
        """The same, with who said so and when."""
        with self._lock, mapped("read", self.path):
            return action_rows.said(self._ledger.db)

    def figures(self) -> OutboxFigures:
        """What it holds, now; while a write lasts, what it took on disk before.

        Raises:
            StoreError: the file cannot be read.
        """
        if self._lock.acquire(timeout=_READ_WAIT_S):
            try:
                with mapped("read", self.path):
                    self._used_bytes = retention.used_bytes(self._ledger.db)
            finally:
                self._lock.release()
        return OutboxFigures(
            self.last_seq, len(self._waiting), self._waiting.dropped, self._used_bytes, self._ledger.wal_bytes
        )

    def close(self) -> None:
        """Closes the store; leaves it open where a write hangs, as whoever waits for that write says."""
        if self._lock.acquire(timeout=_HANGS_S):
            try:
                self._ledger.close()
            finally:
                self._lock.release()

    def _check_numbers(self, alerts: Sequence[Alert]) -> None:
        numbers = [alert.seq for alert in alerts]
        if numbers != list(range(self.next_seq, self.next_seq + len(numbers))):
            raise StoreError(f"alerts {numbers} do not follow number {self.next_seq - 1} in {self.path}")

    def _commit(self, rows: Sequence[tuple[int, str]]) -> None:
        try:
            self._ledger.commit(rows)
        except StoreDamagedError as error:
            log_event(log, "store_damaged", level=logging.ERROR, reason=error.message)
            self._ledger.begin_anew()
            self._ledger.commit(rows)

    def _hold(self, alerts: Sequence[Alert]) -> None:
        self._ledger.give(alerts[-1].seq)
        if self._waiting.add((alert.seq, alert.model_dump_json()) for alert in alerts) and not self._overflows:
            self._overflows = True
            log_event(log, "alerts_lost", level=logging.ERROR, reason=self.condition[1])

    def _begin_to_refuse(self, error: StoreRefusedError) -> None:
        self._refusal = error.message
        self._try_again_s = time.monotonic() + _AGAIN_S
        log_event(log, "disk_refuses", level=logging.ERROR, reason=error.message)

    def _write_waiting(self) -> None:
        self._try_again_s = time.monotonic() + _AGAIN_S
        try:
            while rows := self._waiting.first(_BATCH):
                self._commit(rows)
                self._waiting.remove(len(rows))
        except StoreRefusedError:
            return
        self._refusal, self._overflows = "", False
        log_event(log, "disk_accepts", last_seq=self.last_seq, lost=self._waiting.dropped)


def _not_durable(text: str) -> str:
    return Alert.model_validate_json(text).model_copy(update={"durable": False}).model_dump_json()
