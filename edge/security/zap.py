"""ZeroMQ's question whether a peer may connect (ZAP, ZeroMQ RFC 27), and the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import zmq
from zmq.utils import z85

ENDPOINT = "inproc://zeromq.zap.01"
DOMAIN = b"edge-ad"
# After a 400 ZeroMQ clients give up for ever, without a word; after a 300 they try again until they are admitted.
_VERSION, _WELCOME, _NOT_NOW = b"1.0", b"200", b"300"

Socket: TypeAlias = zmq.Socket[bytes]


def answer(socket: Socket, welcome: Callable[[str], bool]) -> str | None:
    """Answers one question that waits at the socket.

    Args:
        socket: a ROUTER bound to ``ENDPOINT``.
        welcome: whether a client with this public key, in Z85, may connect.

    Returns:
        The public key of a client that was turned away, empty where it had none; None where it may connect.
    """
    frames = socket.recv_multipart()
    delimiter = frames.index(b"") + 1
    version, request_id, domain, _, _, mechanism, *credentials = frames[delimiter:]
    asked_rightly = (version, domain, mechanism, len(credentials)) == (_VERSION, DOMAIN, b"CURVE", 1)
    public = z85.encode(credentials[0]).decode() if asked_rightly else ""
    passes = asked_rightly and welcome(public)
    # The user id comes with each message of this connection: by it a request is known.
    verdict = (_WELCOME, b"", public.encode()) if passes else (_NOT_NOW, b"unknown key", b"")
    socket.send_multipart([*frames[:delimiter], _VERSION, request_id, *verdict, b""])
    return None if passes else public
