"""The events socket: any thread sends, one at a time, and never waits for a reader or the disk."""

from __future__ import annotations

import threading

import zmq

from edge.errors import BusError
from edge.messaging import sockets
from edge.messaging.messages import Message, topic_of
from edge.messaging.subscriptions import Subscriptions
from edge.security.authenticator import Authenticator

_HWM = 2000
_SUBSCRIPTION_BYTES = 4096


class Events:
    """An XPUB socket behind a lock, so that a message leaves in the thread that wrote it.

    A send takes microseconds: what a reader does not take beyond the queue's limit is dropped for that reader.

    Args:
        address: to bind; the real one is the attribute of the same name.
        station: whose heartbeats tell who listens.
        access: who may listen; None for this computer.

    Raises:
        UsageError, BusError: the address is wrong or cannot be bound.
    """

    def __init__(self, address: str, station: str, access: Authenticator | None = None) -> None:
        self._lock = threading.Lock()
        self._socket = sockets.bind(
            zmq.XPUB, address, "--events", hwm=_HWM, largest_message=_SUBSCRIPTION_BYTES, access=access
        )
        self.address = sockets.endpoint(self._socket)
        self.subscriptions = Subscriptions(f"heartbeat/{station}/".encode(), access)

    def send(self, message: Message) -> bool:
        """Sends one message; False where the socket is closed.

        Raises:
            BusError: ZeroMQ refuses.
        """
        frames = [topic_of(message), message.model_dump_json().encode()]
        with self._lock:
            if self._socket.closed:
                return False
            try:
                self._socket.send_multipart(frames)
            except zmq.ZMQError as error:
                raise BusError(f"cannot send on {self.address}: {error}") from error
        return True

    @property
    def closed(self) -> bool:
        return self._socket.closed

    def listen(self) -> None:
        """Notes who subscribed and who left."""
        with self._lock:
            self.subscriptions.take_from(self._socket)

    def close(self) -> None:
        with self._lock:
            self._socket.close()
