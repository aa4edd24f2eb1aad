"""A subscriber with a terminal: prints what comes, and says on stderr when nothing does."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import typer

from edge.errors import BusError, PictureError
from edge.messaging.asking import why_silent
from edge.messaging.heatmap import Heatmap
from edge.messaging.lines import line_of
from edge.messaging.subscriber import Received, Subscriber

_SILENCE_S = 5.0
_WAKE_S = 0.5
_LAST_HEATMAP_S = 0.3


@dataclass(frozen=True, slots=True)
class Display:
    """How messages are shown.

    Attributes:
        as_json: JSON lines instead of text.
        save: folder for heatmap pictures; None to write none.
    """

    as_json: bool
    save: Path | None

    def show(self, received: Received) -> bool:
        """Shows one message; True where it is one that counts, heatmaps do not."""
        message = received.header if isinstance(received, Heatmap) else received
        line = message.model_dump_json() if self.as_json else line_of(message)
        if isinstance(received, Heatmap) and self.save:
            path = _save(received, self.save)
            line = line if self.as_json else f"{line}  {path}"
        typer.echo(line)
        return message is received


def follow(station: Subscriber, display: Display, *, count: int | None, timeout_s: float | None) -> None:
    """Shows messages until so many came, the time is over, or the user presses Ctrl-C.

    Raises:
        BusError: the time was over before so many messages came.
    """
    deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
    notices = _Notices(station)
    shown = 0
    try:
        while (count is None or shown < count) and (deadline_s is None or time.monotonic() < deadline_s):
            left_s = _WAKE_S if deadline_s is None else min(_WAKE_S, max(0.0, deadline_s - time.monotonic()))
            received = station.receive(left_s)
            notices.watch(received)
            if received is not None:
                shown += display.show(received)
        if count is not None and shown < count:
            what = f"{shown} of {count} messages came from {station.address} within {timeout_s:g} s"
            raise BusError(what, hint="" if station.alive else why_silent(station.keys))
        if count is None:
            notices.end()
        # The heatmap of the last message is on its way.
        while isinstance(last := station.receive(_LAST_HEATMAP_S if display.save else 0), Heatmap):
            display.show(last)
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        # Whoever read the lines has gone, e.g. head; a stdout that leads nowhere keeps the exit quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Notices:
    """Tells dead from idle, and complete from not, on stderr; each thing once until it changes."""

    def __init__(self, station: Subscriber) -> None:
        self._station = station
        self._quiet_since_s = time.monotonic()
        self._said: dict[str, str] = {}

    def watch(self, received: Received | None) -> None:
        if received is not None:
            self._quiet_since_s = time.monotonic()
        self._say("silence", self._silence())
        error, missed = self._station.replay_error, self._station.missed
        self._say("replay", f"missed alerts cannot be replayed: {error}" if error else "")
        self._say("missed", f"{missed} alerts were missed; --control replays such ones" if missed else "")

    def end(self) -> None:
        """Tells that no station is heard, where the time was too short to say so before."""
        if not self._station.alive and not self._said.get("silence"):
            self._say("silence", self._unheard())

    def _silence(self) -> str:
        if time.monotonic() - self._quiet_since_s < _SILENCE_S:
            return ""
        if self._station.alive:
            return f"{self._station.address} is alive and has had nothing to say for {_SILENCE_S:g} s; waiting"
        return f"{self._unheard()}; waiting"

    def _unheard(self) -> str:
        return f"no station is heard at {self._station.address}; {why_silent(self._station.keys)}"

    def _say(self, about: str, line: str) -> None:
        if line and line != self._said.get(about):
            typer.echo(f"edge-ad: {line}", err=True)
        self._said[about] = line


def _save(heatmap: Heatmap, folder: Path) -> Path:
    import cv2

    from edge.messaging.overlay import paint

    header = heatmap.header
    path = folder / f"{header.station}-{header.camera}-{header.boot_id[:8]}-{header.frame_seq:08}.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(".png", paint(heatmap))[1].tobytes())
    except OSError as error:
        raise PictureError(f"cannot write {path}: {error.strerror}", hint="give --save another folder") from error
    return path
