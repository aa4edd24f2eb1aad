"""A station as it runs on the line: ``edge-ad run`` in a process of its own, listened to from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zmq

from edge.errors import DeviceError
from edge.messaging.asking import Asker
from edge.messaging.sockets import shared_context

Program = Sequence[str]

EDGE_AD: Program = (sys.executable, "-m", "edge")
NO_ALARM = 1e9  # a raw score that no part reaches: what is measured is the line's everyday, not its alarms
START_S = 60.0
END_S = 10.0
RETRY_MS = 2  # a reader that is there before the station: the first verdict is not missed by much
WAITING = 100_000


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it was received.

    Attributes:
        kind: ``result``, ``heartbeat``, ...
        at_ns: monotonic clock when it was received.
        payload: its JSON, not read yet.
    """

    kind: str
    at_ns: int
    payload: bytes

    def read(self) -> dict[str, Any]:
        """The message's fields."""
        fields: dict[str, Any] = json.loads(self.payload)
        return fields


class StationRun:
    """A running station.

    Attributes:
        pid: its process.
        began_ns: monotonic clock when the process was started.
    """

    def __init__(self, process: subprocess.Popen[bytes], began_ns: int, folder: Path, log: Path) -> None:
        self.pid = process.pid
        self.began_ns = began_ns
        self._process = process
        self._log = log
        self._socket = shared_context().socket(zmq.SUB)
        self._socket.setsockopt(zmq.RCVHWM, WAITING)
        self._socket.setsockopt(zmq.RECONNECT_IVL, RETRY_MS)
        self._socket.setsockopt(zmq.SUBSCRIBE, b"")
        self._socket.connect(_address(folder, "events"))
        self._asker = Asker(_address(folder, "control"))

    def heard(self, seconds: float) -> Iterator[Heard]:
        """Yields what the station says within the next seconds.

        Raises:
            DeviceError: the station ended.
        """
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            if self._socket.poll(int(min(left_s, 0.2) * 1000) + 1):
                topic, payload = self._socket.recv_multipart()
                yield Heard(topic.split(b"/")[0].decode(), time.monotonic_ns(), payload)
            elif self._process.poll() is not None:
                raise DeviceError(f"the station under test ended: {self._last_words()}")

    def first_result(self) -> Heard:
        """Waits for the first verdict.

        Raises:
            DeviceError: none came.
        """
        for heard in self.heard(START_S):
            if heard.kind == "result":
                return heard
        raise DeviceError(f"the station under test gave no verdict within {START_S:g} s: {self._last_words()}")

    def ask(self, command: str, **fields: object) -> Mapping[str, Any]:
        """A reply of the station's control; raises BusError where there is none."""
        return self._asker.ask(command, timeout_s=5.0, **fields)

    def close(self) -> None:
        """Ends the station and whatever it started."""
        self._socket.close(0)
        self._asker.close()
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1].removeprefix("edge-ad: error: ") if lines else "without a word"


@contextmanager
def running(
    folder: Path,
    cameras: Sequence[Mapping[str, object]],
    settings: Mapping[str, object],
    *,
    program: Program = EDGE_AD,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[StationRun]:
    """Runs a station for the length of the block.

    Args:
        folder: for its station file, log, sockets and alerts; a short path, as ``ipc://`` addresses are bounded.
        cameras: their ``[[cameras]]`` tables.
        settings: other keys by dotted name, e.g. ``{"model": ..., "inference.hint": "latency"}``.
        program: what stands for ``edge-ad``.
        environ: the environment; settings of edge-ad in it are left out.

    Raises:
        DeviceError: from the station's methods, where it ends early.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file, log = folder / "station.toml", folder / "log"
    own = {f"bus.{name}": _address(folder, name) for name in ("events", "heatmaps", "control")}
    file.write_text(station_text(own | {"state_dir": folder, "threshold": NO_ALARM} | dict(settings), cameras))
    clean = {name: text for name, text in environ.items() if not name.startswith("EDGE_AD_")}
    with log.open("wb") as said:
        began_ns = time.monotonic_ns()
        process = subprocess.Popen(
            [*program, "run", "--config", str(file)], stdout=subprocess.DEVNULL, stderr=said, env=clean
        )
        station = StationRun(process, began_ns, folder, log)
        try:
            yield station
        finally:
            station.close()


def station_text(settings: Mapping[str, object], cameras: Sequence[Mapping[str, object]]) -> str:
    """A station file (TOML) of dotted keys and camera tables; a value of None is left out."""
    lines = [f"{key} = {_toml(value)}" for key, value in settings.items() if value is not None]
    for camera in cameras:
        lines.append("[[cameras]]")
        lines += [f"{key} = {_toml(value)}" for key, value in camera.items() if value is not None]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    return json.dumps(
        value, default=str, ensure_ascii=False
    )  # texts, numbers, booleans and lists look alike in both


def _address(folder: Path, name: str) -> str:
    return f"ipc://{folder}/{name}"
