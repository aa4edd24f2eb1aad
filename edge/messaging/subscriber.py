"""The client library: follow a station from Python, without losing an alert.

from edge.messaging.subscriber import Subscriber

with Subscriber("tcp://127.0.0.1:5556", topics=("alert/",), control="tcp://127.0.0.1:5558") as station:
    for alert in station:
        print(alert.seq, alert.camera, alert.result.score)
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from math import ceil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import zmq

from edge.errors import BusError
from edge.messaging import sockets
from edge.messaging.asking import Asker
from edge.messaging.bookmark import Bookmark
from edge.messaging.heatmap import Heatmap, decode
from edge.messaging.lateness import Lateness
from edge.messaging.messages import (
    KINDS,
    Alert,
    Health,
    Heartbeat,
    HeatmapHeader,
    Message,
    read_message,
    topic_of,
)
from edge.messaging.position import Position
from edge.security.keys import read_client_keys

_EVENTS_HWM = 10_000
_HEATMAPS_HWM = 4
_LARGEST_EVENT_BYTES = 4 * 1024 * 1024
_LARGEST_HEATMAP_BYTES = 64 * 1024 * 1024
_REPLAY_LIMIT = 500
_REPLAY_TIMEOUT_S = 1.0
_REPLAY_AGAIN_S = 1.0
_GREETING_S = 0.4
_SAVE_S = 0.5
_BEYOND_ALL = 2**62

Received = Message | Heatmap


class Subscriber:
    """Follows one station; used by one thread.

    With ``control``, alerts that were missed are replayed from the station's disk: at the start from
    ``since_seq``, after a gap, and when a heartbeat knows of more. While control does not answer, live alerts
    are delivered as they come, and the next heartbeat asks again. An alert is never delivered twice. The first
    ``receive`` asks control for the state that the station is in: ``status`` has it, and health messages that were
    sent before are delivered where ``health/`` is wanted.

    Args:
        events: address of the station's events.
        topics: beginnings of the topics to deliver, e.g. ``alert/`` or ``result/line-3/top``; "" is all.
        heatmaps: address of the heatmaps, where wanted.
        control: address of the control socket, where missed alerts are to be replayed.
        since_seq: the last alert that the reader has; 0 for all on disk; None to begin with what comes next.
        heartbeat_s: the station's interval; it is dead after three without any message.
        bookmark: file that keeps the position; where it exists it wins over ``since_seq``. An alert counts as
            dealt with when the next message is asked for, or the subscriber is closed without an error.
        behind_limit_s: give up with an error when events are read so much later than they were written.
        keys: this client's key file, where the station asks for keys.

    Attributes:
        replay_error: why the last replay failed; None where none did.
        status: what the station last said about itself; empty before, and without ``control``.

    Raises:
        StoreError: the bookmark cannot be read.
        UsageError: an address cannot be understood.
        SecurityError: the key file cannot be used.
    """

    def __init__(
        self,
        events: str,
        *,
        topics: Sequence[str] = ("",),
        heatmaps: str | None = None,
        control: str | None = None,
        since_seq: int | None = None,
        heartbeat_s: float = 1.0,
        keys: Path | None = None,
        bookmark: Path | None = None,
        behind_limit_s: float | None = None,
    ) -> None:
        self.address = events
        self.keys = keys
        self._own_keys = read_client_keys(keys) if keys else None
        self._topics = tuple(topic.encode() for topic in topics)
        self._alerts_wanted = any(t.startswith(b"alert/") or b"alert/".startswith(t) for t in self._topics)
        self._dead_after_s = 3 * heartbeat_s
        self._heard_s: float | None = None
        self._bookmark = Bookmark(bookmark) if bookmark else None
        if self._bookmark is not None and self._bookmark.seq is not None:
            since_seq = self._bookmark.seq
        self._position = Position(since_seq)
        self._lateness = Lateness()
        self._behind_limit_s = behind_limit_s
        self._greeted = False
        self._boot_id = ""
        self._health: dict[tuple[str, str | None], Health] = {}
        self._save_next_s = 0.0
        self.status: Mapping[str, Any] = {}
        self._replay_from_s = 0.0
        self.replay_error: BusError | None = None
        self._ready: deque[Received] = deque()
        self._poller = zmq.Poller()
        with ExitStack() as opened:
            self._asker = opened.enter_context(closing(Asker(control, keys=keys))) if control else None
            self._heatmaps = None
            if heatmaps:
                self._heatmaps = self._follow(opened, heatmaps, [b""], _HEATMAPS_HWM, _LARGEST_HEATMAP_BYTES)
            # Events come last: a station that waits for this reader then most likely has it on both sockets.
            wanted = {*self._topics, b"heartbeat/", *([b"alert/"] if self._alerts_wanted else [])}
            self._events = self._follow(opened, events, _widest(wanted), _EVENTS_HWM, _LARGEST_EVENT_BYTES)
            self._opened = opened.pop_all()

    def receive(self, timeout_s: float | None = None) -> Received | None:
        """The next message or heatmap; None when the time ran out.

        Raises:
            BusError: what came is not of edge-ad, or this reader is too far behind.
            StoreError: the bookmark cannot be written.
        """
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        self._save()
        if not self._greeted:
            self._greet(_GREETING_S if timeout_s is None else min(_GREETING_S, timeout_s))
        while not self._ready:
            wait_ms = None if deadline_s is None else ceil(max(0.0, deadline_s - time.monotonic()) * 1000)
            came = dict(self._poller.poll(wait_ms))
            if not came:
                return None
            if self._events in came:
                self._take_event(self._events.recv_multipart())
            if self._heatmaps is not None and self._heatmaps in came:
                self._take_heatmap(self._heatmaps.recv_multipart())
        return self._ready.popleft()

    def __iter__(self) -> Iterator[Received]:
        """Yields for ever; silence ends nothing, see ``alive``."""
        while True:
            message = self.receive()
            if message is not None:
                yield message

    @property
    def alive(self) -> bool:
        """Whether the station was heard, by the last ``receive``, within three heartbeats; idle is alive."""
        return self._heard_s is not None and time.monotonic() - self._heard_s < self._dead_after_s

    @property
    def last_seq(self) -> int:
        """Every alert up to this one was delivered or is lost: what to give as ``since_seq`` next time."""
        return min([self._position.seq, *(each.seq - 1 for each in self._ready if isinstance(each, Alert))])

    @property
    def missed(self) -> int:
        """Alerts that were missed and could not be replayed."""
        return self._position.missed

    def close(self) -> None:
        """Closes its sockets; what was delivered counts as dealt with.

        Raises:
            StoreError: the bookmark cannot be written.
        """
        self._opened.close()
        if self._bookmark is not None and self._position.known:
            self._bookmark.save(self.last_seq)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        self._opened.close()

    def _follow(
        self, opened: ExitStack, address: str, topics: Iterable[bytes], hwm: int, largest_message: int
    ) -> sockets.Socket:
        connected = sockets.connect(zmq.SUB, address, hwm, largest_message, self._own_keys)
        socket = opened.enter_context(closing(connected))
        for topic in topics:
            socket.setsockopt(zmq.SUBSCRIBE, topic)
        self._poller.register(socket, zmq.POLLIN)
        return socket

    def _take_event(self, frames: list[bytes]) -> None:
        kind = frames[0].split(b"/")[0].decode(errors="replace")
        if len(frames) != 2 or kind not in KINDS:
            return  # a kind that only a newer station knows
        message = read_message(frames[1])
        self._heard_s = time.monotonic()
        self._look_at_lateness(message)
        if message.boot_id != self._boot_id:
            # Another start; or the first message of all, from when on nothing is missed: ask for what was before.
            self._boot_id = message.boot_id
            self._greet(_GREETING_S)
        match message:
            case Health():
                self._take_health(message)
            case Alert():
                self._catch_up(message.seq - 1)
                self._take_alert(message)
            case Heartbeat():
                self._position.hear(message.last_alert_seq)
                self._catch_up(message.last_alert_seq)
                self._deliver(message)
            case _:
                self._deliver(message)

    def _greet(self, timeout_s: float) -> None:
        """Asks for the station's state and for missed alerts; one that is away is asked again when heard."""
        self._greeted = True
        if self._asker is None:
            return
        try:
            self.status = self._asker.ask("status", timeout_s=timeout_s).get("status", {})
            for fields in self.status.get("health", []):
                if isinstance(health := read_message(json.dumps(fields)), Health):
                    self._take_health(health)
            if self._alerts_wanted and self._position.known:
                newest = self._asker.ask("replay", since_seq=_BEYOND_ALL, limit=1, timeout_s=timeout_s)
                self._catch_up(int(newest.get("last_seq", 0)))
        except BusError as error:
            self.replay_error = error

    def _take_health(self, health: Health) -> None:
        """Delivers what was not heard before: the station's answer and its live messages tell the same."""
        about = health.component, health.camera
        if self._health.get(about) != health:
            self._health[about] = health
            self._deliver(health)

    def _look_at_lateness(self, message: Message) -> None:
        """Alerts do not count: they wait for the disk after they were written."""
        if self._behind_limit_s is None or isinstance(message, Alert):
            return
        behind_s = self._lateness.behind_s(message.boot_id, message.mono_ns, time.monotonic_ns())
        if behind_s > self._behind_limit_s:
            hint = "read faster, or subscribe to fewer topics"
            raise BusError(f"this reader is {behind_s:.1f} s behind {self.address}", hint=hint)

    def _save(self) -> None:
        """Not at each of many alerts that came together: the disk takes milliseconds for each."""
        if self._bookmark is None or not self._position.known:
            return
        now_s = time.monotonic()
        if not self._ready or now_s >= self._save_next_s:
            self._save_next_s = now_s + _SAVE_S
            self._bookmark.save(self.last_seq)

    def _take_alert(self, alert: Alert) -> None:
        if self._position.take(alert.seq, alert.alert_id):
            self._deliver(alert)

    def _deliver(self, message: Message) -> None:
        if topic_of(message).startswith(self._topics):
            self._ready.append(message)

    def _take_heatmap(self, frames: list[bytes]) -> None:
        header = read_message(frames[1]) if len(frames) in (3, 4) else None
        if not isinstance(header, HeatmapHeader):
            raise BusError("what came is not a heatmap", hint="is this the address of the heatmaps?")
        picture = frames[3] if len(frames) == 4 else None
        self._ready.append(Heatmap(header, decode(header, frames[2]), picture))

    def _catch_up(self, last_seq: int) -> None:
        """Replays what is missing up to ``last_seq``; the next heartbeat tries again where that fails."""
        if not self._position.behind(last_seq):
            return None
        if self._asker is None or not self._alerts_wanted:
            return self._position.settle(last_seq)
        if time.monotonic() < self._replay_from_s:
            return None
        try:
            while self._position.behind(last_seq):
                self._replay(self._asker, last_seq)
            self.replay_error = None
        except BusError as error:
            self.replay_error = error
            self._replay_from_s = time.monotonic() + _REPLAY_AGAIN_S

    def _replay(self, asker: Asker, last_seq: int) -> None:
        since_seq = self._position.seq
        reply = asker.ask("replay", since_seq=since_seq, limit=_REPLAY_LIMIT, timeout_s=_REPLAY_TIMEOUT_S)
        alerts = [read_message(json.dumps(fields)) for fields in reply.get("alerts", [])]
        for alert in alerts:
            if isinstance(alert, Alert):
                self._take_alert(alert)
                last_seq = alert.seq
        # What a reply leaves out is no longer on disk.
        self._position.settle(last_seq)


def _widest(topics: set[bytes]) -> list[bytes]:
    """Leaves out topics that another one covers: a station counts one subscription as one reader."""
    return sorted(t for t in topics if not any(t != wider and t.startswith(wider) for wider in topics))
