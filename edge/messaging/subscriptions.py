"""Who listens: the subscriptions that an XPUB socket reports."""

from __future__ import annotations

import threading

import zmq

from edge.messaging.sockets import Socket
from edge.security.authenticator import Authenticator

_SUBSCRIBE, _UNSUBSCRIBE = 1, 0


class Subscriptions:
    """Counts the subscriptions that cover one topic; each connected reader holds one of them.

    Args:
        topic: e.g. ``heartbeat/line-3/``; subscriptions to all, to ``heartbeat/`` and to itself cover it.
        access: told who subscribed, where the socket is protected.
    """

    def __init__(self, topic: bytes, access: Authenticator | None = None) -> None:
        self._access = access
        self._topic = topic
        self._count = 0
        self._changed = threading.Condition()

    def take_from(self, socket: Socket) -> None:
        """Takes every report that waits at the socket; never blocks."""
        while socket.poll(0):
            for frame in socket.recv_multipart(zmq.NOBLOCK, copy=False):
                if self._access is not None:
                    self._access.note(frame)
                self._take(frame.bytes)

    def wait_for(self, count: int, timeout_s: float) -> bool:
        """Waits until that many readers are there; False when the time ran out."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count >= count, timeout_s)

    @property
    def count(self) -> int:
        return self._count

    def _take(self, report: bytes) -> None:
        if not report or report[0] not in (_SUBSCRIBE, _UNSUBSCRIBE) or not self._topic.startswith(report[1:]):
            return
        with self._changed:
            self._count = max(0, self._count + (1 if report[0] == _SUBSCRIBE else -1))
            self._changed.notify_all()
