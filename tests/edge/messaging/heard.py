"""What a plain ZeroMQ socket hears of a station."""

from __future__ import annotations

import zmq

from edge.messaging.messages import Message, read_message


def next_of(socket: zmq.Socket[bytes], kind: str) -> tuple[str, Message]:
    while True:
        topic, payload = socket.recv_multipart()
        if topic.startswith(kind.encode() + b"/"):
            return topic.decode(), read_message(payload)
