"""The publishing thread's side: alerts go to disk first, then to the sockets."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import numpy as np
import zmq
from numpy.typing import NDArray

from edge.errors import EdgeAdError
from edge.messaging import sockets
from edge.messaging.alarm import EachPart
from edge.messaging.compose import Composer
from edge.messaging.heatmap import Encoding, encode
from edge.messaging.messages import Alert, Health, Message, Result, topic_of
from edge.messaging.outbox import Outbox
from edge.messaging.parcel import Parcel, Shot
from edge.messaging.subscriptions import Subscriptions
from edge.messaging.tally import Pulse, Tally

_EVENTS_HWM = 2000
_HEATMAPS_HWM = 4
_SUBSCRIPTION_BYTES = 4096
_JPEG_QUALITY = 85


class Announcer:
    """Owns the two publishing sockets; used by one thread at a time.

    Args:
        compose: writes the messages.
        outbox: where alerts are committed.
        events, heatmaps: addresses to bind; afterwards the real ones.
        encoding: how heatmaps are sent.
        shot_slots: released once per heatmap that is sent or left out.

    Raises:
        UsageError, BusError: an address is wrong or cannot be bound.
    """

    def __init__(
        self,
        compose: Composer,
        outbox: Outbox,
        *,
        events: str,
        heatmaps: str,
        encoding: Encoding,
        shot_slots: threading.Semaphore,
    ) -> None:
        self._compose = compose
        self._outbox = outbox
        self._encoding: Encoding = encoding
        self._shot_slots = shot_slots
        self._policy = EachPart()
        self._tally = Tally(time.monotonic())
        self.subscriptions = Subscriptions(f"heartbeat/{compose.station}/".encode())
        limit = _SUBSCRIPTION_BYTES
        self._events = sockets.bind(zmq.XPUB, events, "--events", hwm=_EVENTS_HWM, largest_message=limit)
        try:
            self._heatmaps = sockets.bind(
                zmq.PUB, heatmaps, "--heatmaps", hwm=_HEATMAPS_HWM, largest_message=limit
            )
        except EdgeAdError:
            self._events.close()
            raise
        self.events = sockets.endpoint(self._events)
        self.heatmaps = sockets.endpoint(self._heatmaps)

    def listen(self) -> None:
        """Notes who subscribed and who left."""
        self.subscriptions.take_from(self._events)

    def announce(self, batch: Sequence[Parcel | Health]) -> None:
        """Sends results and health at once, then alerts after one commit, then heatmaps.

        Raises:
            StoreError: the alerts cannot be committed; none of them was sent.
        """
        for item in batch:
            self._send(item if isinstance(item, Health) else item.result)
        parcels = [item for item in batch if isinstance(item, Parcel)]
        alerts = self._commit([parcel.result for parcel in parcels])
        for alert in alerts:
            self._send(alert)
        seqs = {(alert.camera, alert.result.frame_seq): alert.seq for alert in alerts}
        for parcel in parcels:
            if parcel.shot is not None:
                result = parcel.result
                self._send_heatmap(result, parcel.shot, seqs.get((result.camera, result.frame_seq)))

    def beat(self, pulse: Pulse) -> None:
        """Sends a heartbeat."""
        fps = self._tally.beat_fps(time.monotonic())
        self._send(
            self._compose.heartbeat(
                last_alert_seq=self._outbox.last_seq,
                verdicts=self._tally.verdicts,
                dropped=pulse.dropped,
                fps=fps,
                state=pulse.state,
            )
        )

    def close(self) -> None:
        self._events.close()
        self._heatmaps.close()

    def _commit(self, results: Sequence[Result]) -> list[Alert]:
        alerts: list[Alert] = []
        for result in results:
            self._tally.add(result.verdict)
            alarm = self._policy.judge(result)
            if alarm is not None:
                alerts.append(self._compose.alert(alarm, self._outbox.last_seq + len(alerts) + 1))
        if alerts:
            self._outbox.append(alerts)
        return alerts

    def _send(self, message: Message) -> None:
        self._events.send_multipart([topic_of(message), message.model_dump_json().encode()])

    def _send_heatmap(self, result: Result, shot: Shot, alert_seq: int | None) -> None:
        self._shot_slots.release()
        encoded = encode(shot.scores, result.threshold or 0.0, self._encoding)
        if encoded is None:
            return
        header = self._compose.heatmap(result, encoded, shot.frame_box, alert_seq)
        frames = [topic_of(header), header.model_dump_json().encode(), encoded.data]
        if shot.pixels is not None:
            frames.append(_jpeg(shot.pixels))
        self._heatmaps.send_multipart(frames)


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    import cv2

    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return data.tobytes()
