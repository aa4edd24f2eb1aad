"""The asker's side of control."""

from __future__ import annotations

import json
import time
from typing import Any

import zmq

from edge.errors import BusError
from edge.messaging import sockets

_HWM = 100
_LARGEST_REPLY_BYTES = 64 * 1024 * 1024


class Asker:
    """Asks a station; a station that does not answer costs a timeout, never a hang.

    Raises:
        UsageError: the address cannot be understood.
    """

    def __init__(self, control: str) -> None:
        self.address = control
        self._last_id = 0
        self._socket = sockets.connect(zmq.DEALER, control, _HWM, _LARGEST_REPLY_BYTES)

    def ask(self, command: str, *, timeout_s: float = 2.0, **fields: object) -> dict[str, Any]:
        """Sends one request and returns the reply.

        Raises:
            BusError: no reply in time, or the station refused; the message has the station's words.
        """
        self._last_id += 1
        request = {"id": self._last_id, "command": command, **fields}
        try:
            self._socket.send(json.dumps(request).encode(), zmq.NOBLOCK)
        except zmq.Again as error:
            raise BusError(f"{self.address} takes no requests", hint="is the station running?") from error
        deadline_s = time.monotonic() + timeout_s
        while (left_s := deadline_s - time.monotonic()) > 0 and self._socket.poll(int(left_s * 1000) + 1):
            reply = self._read()
            if reply.get("id") == self._last_id:
                return _checked(reply, command)
        raise BusError(f"no reply from {self.address} within {timeout_s:g} s", hint="is the station running?")

    def close(self) -> None:
        self._socket.close()

    def _read(self) -> dict[str, Any]:
        frames = self._socket.recv_multipart()
        try:
            reply = json.loads(frames[-1])
        except ValueError as error:
            raise BusError(f"{self.address} does not answer in JSON", hint="is it a control address?") from error
        return reply if isinstance(reply, dict) else {}


def _checked(reply: dict[str, Any], command: str) -> dict[str, Any]:
    if reply.get("ok") is True:
        return reply
    error = reply.get("error") or {}
    raise BusError(f"{command} was refused: {error.get('code')}: {error.get('message')}")
