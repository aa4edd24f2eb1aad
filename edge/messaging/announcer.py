"""The publishing thread's side: alerts go to disk first, then to the events; heatmaps follow."""

from __future__ import annotations

import time
from collections.abc import Sequence

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
from edge.messaging.tally import Pulse, Tally
from edge.security.authenticator import Authenticator

_HEATMAPS_HWM = 4
_SUBSCRIPTION_BYTES = 4096


class Announcer:
    """Sends what may wait: alerts, heatmaps and heartbeats; used by one thread at a time.

    Args:
        compose: writes the messages.
        outbox: where alerts are committed.
        events: the socket of alerts and heartbeats.
        heatmaps: address to bind; afterwards the real one.
        encoding: how heatmaps are sent.
        shots: told of each heatmap that is sent or left out.
        tally: counted elsewhere, told in heartbeats.
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
        tally: Tally,
        stage: Stage,
        access: Authenticator | None = None,
    ) -> None:
        self._compose = compose
        self._outbox = outbox
        self._events = events
        self._encoding: Encoding = encoding
        self._shots = shots
        self._tally = tally
        self._stage = stage
        self._heatmaps = sockets.bind(
            zmq.XPUB,
            heatmaps,
            "--heatmaps",
            hwm=_HEATMAPS_HWM,
            largest_message=_SUBSCRIPTION_BYTES,
            access=access,
        )
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

    def beat(self, pulse: Pulse) -> None:
        """Sends a heartbeat."""
        fps = self._tally.beat_fps(time.monotonic())
        self._events.send(
            self._compose.heartbeat(
                last_alert_seq=self._outbox.last_seq,
                verdicts=self._tally.verdicts,
                dropped=pulse.dropped,
                fps=fps,
                state=pulse.state,
            )
        )

    def tend(self) -> None:
        """Writes what the disk refused before, and keeps the store small."""
        self._stage.begin("tending the store", on_disk=True)
        self._outbox.tend()
        self._stage.begin("publishing")

    def settle(self) -> None:
        """Writes what waits, as this is the end.

        Raises:
            StoreError: the disk refuses still.
        """
        self._stage.begin("commit", on_disk=True)
        self._outbox.settle()

    @property
    def disk(self) -> tuple[Condition, str]:
        """State of the disk for alerts, and why."""
        return self._outbox.condition

    def listen(self) -> None:
        """Notes who subscribed to heatmaps and who left."""
        self._readers.take_from(self._heatmaps)

    def close(self) -> None:
        self._heatmaps.close()

    def _commit(self, alarms: Sequence[Alarm]) -> Sequence[Alert]:
        alerts = [self._compose.alert(alarm, seq) for seq, alarm in enumerate(alarms, self._outbox.next_seq)]
        if not alerts:
            return alerts
        self._stage.begin("commit", on_disk=True)
        kept = self._outbox.keep(alerts)
        self._stage.begin("publishing")
        return kept

    def _send_heatmap(self, result: Result, shot: Shot, alert_seq: int | None) -> None:
        self._shots.done()
        encoded = encode(shot.scores, result.threshold or 0.0, self._encoding)
        if encoded is None:
            return
        header = self._compose.heatmap(result, encoded, shot.frame_box, alert_seq)
        frames = [topic_of(header), header.model_dump_json().encode(), encoded.data]
        if shot.pixels is not None:
            frames.append(jpeg(shot.pixels))
        self._heatmaps.send_multipart(frames)
