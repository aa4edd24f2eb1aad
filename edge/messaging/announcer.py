"""The publishing thread's side: alerts go to disk first, then to the events; heatmaps follow."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import zmq

from edge.health.stage import Stage
from edge.messaging import sockets
from edge.messaging.alarm import Alarm
from edge.messaging.compose import Composer
from edge.messaging.events import Events
from edge.messaging.heatmap import Encoding, encode
from edge.messaging.messages import Alert, Condition, Result, topic_of
from edge.messaging.outbox import Outbox
from edge.messaging.parcel import Parcel, Shot, Shots
from edge.messaging.snapshot import jpeg
from edge.messaging.subscriptions import Subscriptions
from edge.security.authenticator import Authenticator

SLOW_WRITE_S = 2.0
_HEATMAPS_HWM = 4
_SUBSCRIPTION_BYTES = 4096


class Announcer:
    """Sends what may wait: alerts and heatmaps; used by one thread at a time.

    Args:
        compose: writes the messages.
        outbox: where alerts are committed.
        events: the socket of alerts.
        heatmaps: address to bind; afterwards the real one.
        encoding: how heatmaps are sent.
        shots: told of each heatmap that is sent or left out.
        stage: what the publishing thread is at.
        access: who may have heatmaps; None for this computer.

    Raises:
        UsageError, BusError: the address is wrong or cannot be bound.
    """

    def __init__(
        self,
        compose: Composer,
        outbox: Outbox,
        events: Events,
        *,
        heatmaps: str,
        encoding: Encoding,
        shots: Shots,
        stage: Stage,
        access: Authenticator | None = None,
    ) -> None:
        self._compose = compose
        self._outbox = outbox
        self._events = events
        self._encoding: Encoding = encoding
        self._shots = shots
        self._stage = stage
        self._heatmaps = sockets.bind(
            zmq.XPUB,
            heatmaps,
            "--heatmaps",
            hwm=_HEATMAPS_HWM,
            largest_message=_SUBSCRIPTION_BYTES,
            access=access,
        )
        self._writing_since_s: float | None = None
        self._readers = Subscriptions(b"heatmap/", access)
        self.heatmaps = sockets.endpoint(self._heatmaps)

    def announce(self, batch: Sequence[Parcel]) -> None:
        """Sends the alerts of a batch after one commit, then its heatmaps.

        While the disk refuses, alerts are sent with ``durable`` false and wait in memory.

        Raises:
            StoreError: the store cannot be used at all; none of the alerts was sent.
        """
        alerts = self._commit([parcel.alarm for parcel in batch if parcel.alarm is not None])
        for alert in alerts:
            self._events.send(alert)
        seqs = {alert.alert_id: alert.seq for alert in alerts if alert.state == "raised"}
        for parcel in batch:
            if parcel.shot is not None:
                alert_seq = seqs.get(parcel.alarm.alert_id) if parcel.alarm is not None else None
                self._send_heatmap(parcel.result, parcel.shot, alert_seq)

    def tend(self) -> None:
        """Writes what the disk refused before, and keeps the store small."""
        with self._writing("tending the store"):
            self._outbox.tend()

    def settle(self) -> None:
        """Writes what waits, as this is the end.

        Raises:
            StoreError: the disk refuses still.
        """
        with self._writing("commit"):
            self._outbox.settle()

    @property
    def disk(self) -> tuple[Condition, str]:
        """State of the disk for alerts, and why; any thread may ask, also while a write hangs."""
        since_s = self._writing_since_s
        if since_s is not None and time.monotonic() - since_s > SLOW_WRITE_S:
            return "degraded", f"alerts wait: a write has taken more than {SLOW_WRITE_S:g} s"
        return self._outbox.condition

    def listen(self) -> None:
        """Notes who subscribed to heatmaps and who left."""
        self._readers.take_from(self._heatmaps)

    def close(self) -> None:
        self._heatmaps.close()

    @contextmanager
    def _writing(self, step: str) -> Iterator[None]:
        self._stage.begin(step, on_disk=True)
        self._writing_since_s = time.monotonic()
        try:
            yield
        finally:
            self._writing_since_s = None
            self._stage.begin("publishing")

    def _commit(self, alarms: Sequence[Alarm]) -> Sequence[Alert]:
        alerts = [self._compose.alert(alarm, seq) for seq, alarm in enumerate(alarms, self._outbox.next_seq)]
        if not alerts:
            return alerts
        with self._writing("commit"):
            return self._outbox.keep(alerts)

    def _send_heatmap(self, result: Result, shot: Shot, alert_seq: int | None) -> None:
        self._shots.done()
        encoded = encode(shot.scores, shot.threshold, self._encoding)
        if encoded is None:
            return
        header = self._compose.heatmap(result, encoded, shot.frame_box, alert_seq)
        frames = [topic_of(header), header.model_dump_json().encode(), encoded.data]
        if shot.pixels is not None:
            frames.append(jpeg(shot.pixels))
        self._heatmaps.send_multipart(frames)
