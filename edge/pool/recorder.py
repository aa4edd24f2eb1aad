"""Keeps the pictures of alerts while a station runs, and moves those that somebody judged to the pool.

An alarm is judged minutes after the part has gone, so its picture is kept at the moment of the alert. Nobody waits
for that: a lane hands over a copy, or leaves the picture out while several wait, and a thread of its own encodes
and writes them. It rests so long after each one that it takes a fifth of one core at most.
"""

from __future__ import annotations

import errno
import logging
import queue
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2

from edge.closing import Closing
from edge.errors import StoreError
from edge.log import log_event
from edge.messaging.alarm import Alarm
from edge.messaging.changes import Done
from edge.messaging.messages import Result
from edge.pictures import Picture
from edge.pool.counts import Counts
from edge.pool.entry import Entry
from edge.pool.options import PoolOptions
from edge.pool.places import alert_pictures_of, pool_of
from edge.pool.shelf import Shelf
from edge.store.actions import Judgement, Said
from edge.verdict import Inspection, Verdict

MOST_WAITING = 4
LEAVE_FREE_BYTES = 200_000_000  # alerts come first: they may fill a disk to its end, pictures may not
_RESTS = 4.0  # times as long as the last picture kept a core busy
_WRITE_COUNTS_S = 60.0
_JOIN_S = 0.5
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Shot:
    entry: Entry
    pixels: Picture


class Recorder(Closing):
    """The pictures of one running station; starts its thread at once.

    Args:
        state_dir: of the station.
        options: how much is kept.
        masked: cameras with an ignore mask, whose scores are maxima of the rest of their maps.
        said: what was said of alarms before this start: a picture that was not moved in time is moved now.

    Attributes:
        left_out: pictures of alerts that were not kept, as too many waited or the disk refused.

    Raises:
        StoreError: the folders cannot be used.
    """

    def __init__(
        self,
        state_dir: Path,
        options: PoolOptions,
        *,
        masked: frozenset[str] = frozenset(),
        said: Mapping[str, Said] | None = None,
    ) -> None:
        self.left_out = 0
        self._counting = threading.Lock()
        self._masked = masked
        self._state_dir = state_dir
        try:
            self._alerts = Shelf(alert_pictures_of(state_dir), options.waiting_mb * 1_000_000)
            self._pool = Shelf(pool_of(state_dir), options.keep_mb * 1_000_000)
        except OSError as error:
            hint = "check its owner, or set enabled = false under [pool]"
            raise StoreError(f"cannot use {error.filename or state_dir}: {error.strerror}", hint=hint) from error
        self._counts = Counts(pool_of(state_dir))
        self._number = max(self._alerts.last_number, self._pool.last_number)
        self._free = threading.BoundedSemaphore(MOST_WAITING)
        self._waiting: queue.SimpleQueue[_Shot | tuple[str, Said] | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._refused = ""
        for item in (said or {}).items():
            self._waiting.put(item)
        self._thread = threading.Thread(target=self._run, name="pool", daemon=True)
        self._thread.start()

    def see(self, inspection: Inspection, result: Result, alarm: Alarm | None) -> None:
        """Counts a part, and keeps its picture if it raised an alarm; called by lanes, waits for nothing.

        Args:
            inspection: with its frame, uint8 [H, W, 3] BGR; what the model saw of it is kept.
            result: as it was published.
            alarm: that changed its state by it; None where none did.
        """
        if result.verdict is Verdict.UNKNOWN or result.score is None or result.threshold is None:
            return
        camera, model, threshold = result.camera or "", result.model.sha256, result.threshold
        period = self._counts.add(camera, model, threshold, anomalous=result.verdict is Verdict.ANOMALOUS)
        if alarm is None or alarm.state != "raised":
            return
        if not self._free.acquire(blocking=False):
            self._leave_out()
            return
        entry = Entry(
            number=1,  # the true one is given in the order of writing
            alert_id=alarm.alert_id,
            camera=camera,
            time=result.time,
            part_id=result.part_id,
            score=result.score,
            threshold=threshold,
            period=period,
            masked=camera in self._masked,
            model=model,
        )
        box, pixels = inspection.box, inspection.frame.pixels
        seen = pixels if box is None else pixels[box.y : box.y + box.height, box.x : box.x + box.width]
        self._waiting.put(_Shot(entry, seen.copy()))

    def hear(self, done: Done) -> None:
        """Takes in what somebody did: a judged picture goes to the pool, soon."""
        said = done.change.after
        if done.command == "acknowledge":
            judgement: Judgement = "false_alarm" if said["judgement"] == "false_alarm" else "true_alarm"
            now = datetime.now(UTC).isoformat()
            self._waiting.put((str(said["alert_id"]), Said(judgement, str(said["by"]), now)))

    @property
    def complaint(self) -> str:
        """Why pictures are not kept, one line; empty where they are."""
        if not self._thread.is_alive():
            return "the thread that keeps pictures of alerts broke off; its traceback is in the log"
        return self._refused

    def close(self) -> None:
        """Writes what waits, but for half a second at most."""
        if not self._closing.is_set():
            self._closing.set()
            self._waiting.put(None)
            self._thread.join(_JOIN_S)

    def _leave_out(self) -> None:
        with self._counting:
            self.left_out += 1

    def _run(self) -> None:
        write_counts_s = time.monotonic() + _WRITE_COUNTS_S
        while True:
            left_s = write_counts_s - time.monotonic()
            if left_s <= 0:  # however much waits: pictures without their counts are of no use
                self._try(self._counts.write)
                write_counts_s = time.monotonic() + _WRITE_COUNTS_S
                continue
            try:
                item = self._waiting.get(timeout=left_s)
            except queue.Empty:
                continue
            if item is None:
                self._try(self._counts.write)
                return
            self._take(item)

    def _take(self, item: _Shot | tuple[str, Said]) -> None:
        if isinstance(item, tuple):
            self._try(lambda: self._judge(*item))
            return
        began_s = time.thread_time()
        if not self._try(lambda: self._keep(item)):
            self._leave_out()
        self._free.release()
        self._closing.wait(_RESTS * (time.thread_time() - began_s))

    def _keep(self, shot: _Shot) -> None:
        free = shutil.disk_usage(self._state_dir).free
        if free < LEAVE_FREE_BYTES:
            raise OSError(errno.ENOSPC, f"{free / 1e6:.0f} MB are free, the last 200 MB are for alerts")
        _, png = cv2.imencode(".png", shot.pixels)
        self._number += 1
        self._alerts.put(shot.entry.model_copy(update={"number": self._number}), png.tobytes())

    def _judge(self, alert_id: str, said: Said) -> None:
        """Copies, then removes: a kill in between leaves a picture twice, and the next start comes back to it."""
        if alert_id in self._alerts:
            entry = self._alerts.entry(alert_id)
            self._pool.put(_judged(entry, said), self._alerts.picture(entry).read_bytes())
            self._alerts.remove(alert_id)
        elif alert_id in self._pool and self._pool.entry(alert_id).judgement != said.judgement:
            self._pool.put(_judged(self._pool.entry(alert_id), said))

    def _try(self, action: Callable[[], None]) -> bool:
        """Whether the disk took it; the first refusal of several in a row is said."""
        try:
            action()
        except OSError as error:
            reason = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
            if not self._refused:
                log_event(log, "pool_refused", level=logging.WARNING, reason=reason)
            self._refused = reason
            return False
        self._refused = ""
        return True


def _judged(entry: Entry, said: Said) -> Entry:
    new = {"judgement": said.judgement, "by": said.by, "judged": datetime.fromisoformat(said.time)}
    return entry.model_copy(update=new)
