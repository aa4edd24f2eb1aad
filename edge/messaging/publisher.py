"""The publisher: sends what the inspector found, and hands what must wait for the disk to a thread."""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import zmq

from edge.closing import Closing
from edge.errors import BusError, EdgeAdError, StoreError, UsageError
from edge.health.stage import Stage
from edge.messaging import sockets
from edge.messaging.alarm import Alarm, Alarms
from edge.messaging.alarm_options import AlarmOptions
from edge.messaging.announcer import Announcer
from edge.messaging.changes import Done
from edge.messaging.compose import Composer
from edge.messaging.events import Events
from edge.messaging.heart import Heart
from edge.messaging.heatmap import Encoding
from edge.messaging.messages import Component, Condition, Health, Message, Readiness, Result
from edge.messaging.outbox import Outbox
from edge.messaging.parcel import HeatmapsOf, Parcel, Shots
from edge.messaging.tally import Pulse, Tally
from edge.security.authenticator import Authenticator
from edge.teaching.progress import Progress
from edge.verdict import Inspection

_WAITING = 1000
_BATCH = 200
_WAKE_S = 0.05
_COMMIT_TIMEOUT_S = 5.0
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Publisher(Closing):
    """Sends results, alerts, heatmaps, health and heartbeats; binds at once and starts its thread.

    Results and health leave in the thread that brings them, so that they wait for no commit; alerts and heatmaps
    leave in the publisher's own thread, alerts once they are on disk. Any thread may publish; the inspections of
    one camera come one at a time and in their order.

    While the disk refuses alerts they are sent with ``durable`` false, wait in memory, and health of the component
    ``disk`` says so. If anything else breaks the thread, it ends; the next ``publish`` and ``close`` raise why: a
    station that cannot keep its promise must not look alive. An inspection is published as a whole or refused as a
    whole: what ``close`` finds under way still gets its alert.

    Args:
        station: name in every topic: letters, digits, '-' and '_'.
        outbox: where alerts are kept; the caller closes it after the publisher.
        events, heatmaps: addresses to bind; the real ones are the attributes of the same names.
        alarm: when the parts of a camera raise an alarm, the same for each camera.
        heatmaps_of: which inspections get a heatmap.
        encoding: how heatmaps are sent.
        picture: whether a heatmap brings the frame as JPEG.
        heartbeat_s: seconds between heartbeats; readers expect 1.
        pulse: asked at each heartbeat, in a thread of the publisher, for what only the daemon knows.
        measured: told of each result that was sent, in the thread that brings it.
        judged: told of each inspection with its result, and the alarm that it raised or cleared if any; likewise.
        access: who may listen; None for this computer.

    Raises:
        UsageError: a name or an address is wrong.
        BusError: an address cannot be bound.
    """

    def __init__(
        self,
        *,
        station: str,
        outbox: Outbox,
        events: str = sockets.EVENTS,
        heatmaps: str = sockets.HEATMAPS,
        alarm: AlarmOptions = AlarmOptions(),  # noqa: B008 - frozen
        heatmaps_of: HeatmapsOf = "anomalous",
        encoding: Encoding = "u8",
        picture: bool = False,
        heartbeat_s: float = 1.0,
        pulse: Callable[[], Pulse] = Pulse,
        measured: Callable[[Result], None] | None = None,
        judged: Callable[[Inspection, Result, Alarm | None], None] | None = None,
        access: Authenticator | None = None,
    ) -> None:
        if not _NAME.fullmatch(station):
            raise UsageError(f"not a station name: {station!r}", hint="use up to 64 letters, digits, '-' and '_'")
        self._compose = Composer(station)
        self._alarms = Alarms(alarm, outbox.newest_of_each_camera() if alarm.clear_after_good else ())
        self._shots = Shots(heatmaps_of, picture=picture)
        self._tally = Tally(time.monotonic())
        self.stage = Stage("publisher")
        self._pulse = pulse
        self._measured = measured
        self._judged = judged
        self._waiting: queue.Queue[Parcel] = queue.Queue(_WAITING)
        self._health: dict[tuple[Component, str | None], Health] = {}
        self._health_lock = threading.Lock()
        self._closing = threading.Event()
        self._under_way = 0
        self._under_way_lock = threading.Lock()
        # Until the thread ends in a way that was foreseen; the traceback of any other goes to standard error.
        self._failure: EdgeAdError | None = BusError(
            "the publisher broke off", hint="its traceback is in the log; please report it"
        )
        self._events = Events(events, station, access)
        try:
            self._announcer = Announcer(
                self._compose,
                outbox,
                self._events,
                heatmaps=heatmaps,
                encoding=encoding,
                shots=self._shots,
                stage=self.stage,
                access=access,
            )
        except EdgeAdError:
            self._events.close()
            raise
        self.events, self.heatmaps = self._events.address, self._announcer.heatmaps
        self.boot_id = self._compose.boot_id
        self.heart = Heart(
            self._compose,
            self._events,
            self._tally,
            self.stage,
            last_seq=lambda: outbox.last_seq,
            pulse=pulse,
            look=self._tell_disk,
            every_s=heartbeat_s,
        )
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self.stage.begin("publishing")
        self._thread.start()
        self.heart.start()

    def publish(self, inspection: Inspection) -> Result:
        """Sends the result, then an alert where the alarm changes, and a heatmap where one is due.

        The result is on its way when this returns, whether anybody listens or not. It waits only while 1000 alarms
        wait for the disk: then frames are dropped at the camera, where they are counted, and never an alert. A
        heatmap is left out while four others wait.

        Returns:
            The result as it was sent.

        Raises:
            StoreError, BusError: the publisher was closed or ended before; this inspection is not sent.
        """
        result = self._compose.result(inspection)
        with self._as_a_whole():
            self._send(result)
            self._tally.add(result.verdict)
            if self._measured is not None:
                self._measured(result)
            alarm = self._alarms.judge(result)
            if self._judged is not None:
                self._judged(inspection, result, alarm)
            shot = self._shots.take(inspection, result.verdict)
            if alarm is not None or shot is not None:
                self._put(Parcel(result, alarm, shot))
        return result

    def health(
        self,
        component: Component,
        state: Condition,
        reason: str = "",
        *,
        camera: str | None = None,
        trigger: Readiness | None = None,
    ) -> None:
        """Sends that a component's state, its reason, or a camera's readiness for a trigger changed; else nothing.

        Raises:
            StoreError, BusError: the publisher ended before.
        """
        with self._health_lock:
            message = self._changed_health(component, state, reason, camera=camera, trigger=trigger)
            if message is not None:
                self._send(message)

    def action(self, done: Done) -> None:
        """Sends what somebody changed.

        Raises:
            StoreError, BusError: the publisher ended before.
        """
        self._send(self._compose.action(done))

    def teaching(self, camera: str, progress: Progress) -> None:
        """Sends how far teaching a product has come.

        Raises:
            StoreError, BusError: the publisher ended before.
        """
        self._send(self._compose.teaching(camera, progress))

    @property
    def alive(self) -> bool:
        """Whether what is published is sent; ``close`` raises why not."""
        return self._thread.is_alive() and self.heart.alive

    @property
    def stages(self) -> tuple[Stage, Stage]:
        """What its threads are at."""
        return self.stage, self.heart.stage

    @property
    def waiting(self) -> int:
        """Alerts and heatmaps that are still to be sent."""
        return self._waiting.qsize()

    @property
    def left_out(self) -> int:
        """Heatmaps that were not sent as too many waited."""
        return self._shots.left_out

    @property
    def readers(self) -> int:
        """Readers of heartbeats that are connected."""
        return self._events.subscriptions.count

    @property
    def health_now(self) -> tuple[Health, ...]:
        """The last health message of each component and camera."""
        with self._health_lock:
            return tuple(self._health.values())

    def wait_for_subscribers(
        self, count: int, timeout_s: float, *, given_up: Callable[[], bool] = lambda: False
    ) -> None:
        """Waits until ``count`` readers of heartbeats are connected, so that they miss nothing that follows.

        Args:
            count: how many.
            timeout_s: seconds to wait for them.
            given_up: asked several times a second; returns early once it says True.

        Raises:
            BusError: fewer came in time.
        """
        subscriptions = self._events.subscriptions
        deadline_s = time.monotonic() + timeout_s
        while not subscriptions.wait_for(count, min(_WAKE_S, max(0.0, deadline_s - time.monotonic()))):
            if given_up():
                return
            if time.monotonic() < deadline_s:
                continue
            came = f"{subscriptions.count} of {count} subscribers came to {self.events} within {timeout_s:g} s"
            raise BusError(came, hint=f"start them with: edge-ad subscribe {self.events}")

    def close(self) -> None:
        """Sends what waits and a last heartbeat, then closes the sockets; stop the inspector first.

        Raises:
            StoreError: alerts that waited could not be committed; where the disk hangs, the thread is left behind.
            BusError: the publisher broke off before.
        """
        with self._under_way_lock:
            self._closing.set()
        self._thread.join(_COMMIT_TIMEOUT_S)
        if self._thread.is_alive():
            raise StoreError(f"alerts are not on disk after {_COMMIT_TIMEOUT_S:g} s", hint="check the disk")
        if self._failure is not None:
            raise self._failure

    def _changed_health(
        self,
        component: Component,
        state: Condition,
        reason: str,
        *,
        camera: str | None = None,
        trigger: Readiness | None = None,
    ) -> Health | None:
        before = self._health.get((component, camera))
        if before is not None and (before.state, before.reason, before.trigger) == (state, reason, trigger):
            return None
        since = before.since if before is not None and before.state == state else datetime.now(UTC)
        message = self._compose.health(component, state, reason, camera=camera, since=since, trigger=trigger)
        self._health[component, camera] = message
        return message

    def _tell_disk(self) -> None:
        """A disk that was well from the start is not worth a message."""
        state, reason = self._announcer.disk
        with self._health_lock:
            if state == "ok" and ("disk", None) not in self._health:
                return
            if (message := self._changed_health("disk", state, reason)) is not None:
                self._events.send(message)

    @contextmanager
    def _as_a_whole(self) -> Iterator[None]:
        """Keeps the thread for what was begun before ``close``; refuses what comes later."""
        with self._under_way_lock:
            if self._closing.is_set():
                raise self._failure_or_end()
            self._under_way += 1
        try:
            yield
        finally:
            with self._under_way_lock:
                self._under_way -= 1

    def _send(self, message: Message) -> None:
        if not self.alive or not self._events.send(message):
            raise self._failure_or_end()

    def _put(self, parcel: Parcel) -> None:
        while self._thread.is_alive():
            try:
                return self._waiting.put(parcel, timeout=_WAKE_S)
            except queue.Full:
                continue
        raise self._failure_or_end()

    def _failure_or_end(self) -> EdgeAdError:
        why = None if self.alive else self.heart.failure or self._failure
        return why or BusError("the publisher is closed")

    def _run(self) -> None:
        try:
            self._serve()
            self._failure = None
        except EdgeAdError as error:
            self._failure = error
        except zmq.ZMQError as error:
            self._failure = BusError(f"cannot send on {self.heatmaps}: {error}")
        finally:
            self.stage.end()
            self.heart.close()
            # whoever finds the socket closed must find the reason too
            self._events.close()
            self._announcer.close()

    def _serve(self) -> None:
        # In this order: what is under way may put something more to what waits.
        while not self._closing.is_set() or self._under_way or not self._waiting.empty():
            self.stage.begin("publishing")
            self._events.listen()
            self._announcer.listen()
            self._announcer.announce(self._next_batch())
            self._announcer.tend()
            self._tell_disk()
        self._announcer.settle()
        self._tell_disk()
        self.heart.close()
        if self.heart.failure is not None:
            raise self.heart.failure
        self.heart.beat(Pulse("stopping", self._pulse().dropped))

    def _next_batch(self) -> list[Parcel]:
        batch: list[Parcel] = []
        try:
            batch.append(self._waiting.get(timeout=_WAKE_S))
            while len(batch) < _BATCH:
                batch.append(self._waiting.get_nowait())
        except queue.Empty:
            pass
        return batch
