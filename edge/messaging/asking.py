"""The asker's side of control."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from math import ceil
from pathlib import Path
from typing import Any

import zmq

from edge.errors import BusError, NoVerdictError, UsageError
from edge.messaging import sockets
from edge.messaging.messages import Result, read_message
from edge.security.keys import read_client_keys

_HWM = 100
_LARGEST_REPLY_BYTES = 64 * 1024 * 1024
_ON_THE_WAY_S = 1.0  # the station gives up in time by itself; longer silence means that it is not there
_LONGEST_NUMBER = 18  # digits; an alert_id may be of digits alone, and has more


class Asker:
    """Asks a station; a station that does not answer costs a timeout, never a hang.

    Args:
        control: address of the station's control socket.
        keys: this client's key file, where the station asks for keys.

    Raises:
        UsageError: the address cannot be understood.
        SecurityError: the key file cannot be used.
    """

    def __init__(self, control: str, *, keys: Path | None = None) -> None:
        self.address = control
        self._keys = keys
        self._last_id = 0
        self._socket = sockets.connect(
            zmq.DEALER, control, _HWM, _LARGEST_REPLY_BYTES, read_client_keys(keys) if keys else None
        )

    def ask(self, command: str, *, timeout_s: float = 2.0, **fields: object) -> dict[str, Any]:
        """Sends one request and returns the reply.

        Raises:
            BusError: no reply in time, or the station refused; the message has the station's words.
        """
        reply = self._exchange(command, timeout_s, fields)
        if reply.get("ok") is not True:
            code, message = _error_of(reply)
            said = message if code == "refused" else f"{code}: {message}"
            raise BusError(f"{command} was refused: {said}")
        return reply

    def inspect(self, part_id: str, *, timeout_ms: int, camera: str | None = None) -> Result:
        """Asks for the verdict of the part that lies before a camera now.

        Args:
            part_id: names the part in the result.
            timeout_ms: time for the verdict.
            camera: which one; None for the only one in trigger mode.

        Returns:
            The result; its verdict may be ``unknown``.

        Raises:
            UsageError: the station has no such camera, or the request is wrong.
            NoVerdictError: no verdict in time, the camera is busy or lost, or nobody answers.
        """
        fields = {"part_id": part_id, "timeout_ms": timeout_ms, "camera": camera}
        try:
            reply = self._exchange("inspect", timeout_ms / 1000 + _ON_THE_WAY_S, fields)
            if reply.get("ok") is True:
                return _result_in(reply)
        except BusError as error:
            raise NoVerdictError(f"no verdict about part {part_id}: {error.message}", hint=error.hint) from error
        code, message = _error_of(reply)
        if code in ("refused", "forbidden", "bad_request", "unknown_command"):
            raise UsageError(f"{self.address} refuses to inspect: {message}")
        raise NoVerdictError(f"no verdict about part {part_id}: {code}: {message}")

    def alert_id(self, alert: str) -> str:
        """The alert_id of an alert that a person names by its number, or by its alert_id.

        Raises:
            BusError: no alert on disk has this number, no reply in time, or the station refused.
        """
        if not alert.isdecimal() or len(alert) > _LONGEST_NUMBER:
            return alert
        number = int(alert)
        found = self.ask("replay", since_seq=max(0, number - 1), limit=1).get("alerts")
        if not found or found[0]["seq"] != number:
            raise BusError(
                f"no alert {number} on disk", hint="'edge-ad subscribe' shows alerts with their numbers"
            )
        return str(found[0]["alert_id"])

    def close(self) -> None:
        self._socket.close()

    def _exchange(self, command: str, timeout_s: float, fields: Mapping[str, object]) -> dict[str, Any]:
        self._last_id += 1
        request = {"id": self._last_id, "command": command, **fields}
        deadline_s = time.monotonic() + timeout_s
        if self._socket.poll(ceil(timeout_s * 1000), zmq.POLLOUT):
            with suppress(zmq.Again):  # the station went away in between
                self._socket.send(json.dumps(request).encode(), zmq.NOBLOCK)
        while (left_s := deadline_s - time.monotonic()) > 0 and self._socket.poll(ceil(left_s * 1000)):
            reply = self._read()
            if reply.get("id") == self._last_id:
                return reply
        raise BusError(f"no reply from {self.address} within {timeout_s:g} s", hint=why_silent(self._keys))

    def _read(self) -> dict[str, Any]:
        frames = self._socket.recv_multipart()
        try:
            reply = json.loads(frames[-1])
        except (ValueError, RecursionError) as error:
            raise BusError(f"{self.address} does not answer in JSON", hint="is it a control address?") from error
        return reply if isinstance(reply, dict) else {}


def why_silent(keys: Path | None) -> str:
    """ZeroMQ does not tell a client that its key was refused, or that the station is another one."""
    if keys is None:
        return "is the station running? if it has keys, give --keys"
    return f"is the station running, and does it admit {keys}?"


def _error_of(reply: Mapping[str, Any]) -> tuple[str, str]:
    error = reply.get("error") or {}
    return str(error.get("code")), str(error.get("message"))


def _result_in(reply: Mapping[str, Any]) -> Result:
    message = read_message(json.dumps(reply.get("result")))
    if not isinstance(message, Result):
        raise BusError("the reply to an inspection has no result", hint="is it a control address?")
    return message
