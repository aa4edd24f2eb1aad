"""Which connection belongs to which client, so that one can be cut without disturbing the others."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import zmq


@dataclass(frozen=True, slots=True)
class _Peer:
    public: str
    address: Any


class Connections:
    """Learns from what clients send (a SUB sends its subscriptions) who is behind which connection.

    ZeroMQ asks about a client once, when it connects, and knows no way to end one connection. It tells with each
    message which client and which file descriptor it came from: shutting that down ends the connection, and
    ZeroMQ closes it and asks anew when the client comes again.

    Args:
        admitted: whether the client with this public key is welcome now; asked in any thread.
    """

    def __init__(self, admitted: Callable[[str], bool]) -> None:
        self._admitted = admitted
        self._lock = threading.Lock()
        self._peers: dict[int, _Peer] = {}

    def note(self, frame: zmq.Frame) -> None:
        """Notes whom a frame came from, in the thread that received it; a client that was revoked is cut."""
        public = public_key_of(frame)
        if public is None:
            return
        try:
            descriptor = int(frame.get(zmq.SRCFD))
            address = _address(descriptor)
        except (zmq.ZMQError, OSError):  # ZeroMQ says itself that the client has gone, or closed it meanwhile
            return
        with self._lock:
            self._peers[descriptor] = _Peer(public, address)
        if not self._admitted(public):
            self.cut(public)

    def cut(self, public: str) -> None:
        """Ends all connections of a client."""
        with self._lock:
            found = [descriptor for descriptor, peer in self._peers.items() if peer.public == public]
            for descriptor in found:
                _shut_down(descriptor, self._peers.pop(descriptor).address)


def public_key_of(frame: zmq.Frame) -> str | None:
    """The public key, in Z85, of the client that sent a frame; None where nobody was asked for one."""
    try:
        return str(frame.get("User-Id"))
    except zmq.ZMQError:
        return None


def _address(descriptor: int) -> Any:
    with socket.socket(fileno=os.dup(descriptor)) as copy:
        return copy.getpeername()


def _shut_down(descriptor: int, address: Any) -> None:
    """Ends a connection, unless its number has meanwhile been given to another one."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as copy:
            if copy.getpeername() == address:
                copy.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has ended by itself
        return
