"""A host that takes connections and never says anything."""

from __future__ import annotations

import socket


class MuteHost:
    """Listens on a free port of loopback; the kernel takes the connections, and nobody answers."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> MuteHost:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
