"""The line of the demo: a real station judges unseen cells while a reader follows it over ZeroMQ."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import typer

from edge import progress
from edge.errors import DemoError
from edge.messaging.heatmap import Heatmap
from edge.messaging.messages import Alert, Heartbeat, Result
from edge.messaging.subscriber import Received, Subscriber
from export.demo.data import DEFECTIVE, truth_of
from export.demo.folder import DemoFolder
from export.demo.steps import Process, Steps, started

START_WITHIN_S = 60.0
SPARE_S = 60.0  # beyond the time that the cells need at their pace
LOOK_S = 0.02  # short: cells pass while the reader is not there yet
STATION = b"""\
# The station of the demo. All keys: docs/configuration.md.
station = "demo"

[bus]
# Any free ports, so that the demo runs beside a real station; see the log for which.
events = "tcp://127.0.0.1:*"
heatmaps = "tcp://127.0.0.1:*"
control = "tcp://127.0.0.1:*"
picture = true

[log]
format = "json"
"""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the station really is."""

    events: str
    heatmaps: str
    control: str


@dataclass(slots=True)
class Seen:
    """What the reader got from the station.

    Attributes:
        results, alerts: by the name of the picture.
        heatmaps: by the number of the frame.
        dropped: cells that the station gave up for newer ones, as its last heartbeat says.
        missed: alerts that could not be had, not even by replay.
    """

    results: dict[str, Result] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    heatmaps: dict[int, Heatmap] = field(default_factory=dict)
    dropped: int = 0
    missed: int = 0


def watch_line(steps: Steps, folder: DemoFolder, *, cells: int, fps: float) -> Seen:
    """Runs the station over the cells of the line and follows it to its end; alerts are told as they come.

    Args:
        steps: tells.
        folder: holds model and cells; gets the station's settings, log and state.
        cells: how many cells there are on the line.
        fps: cells per second.

    Raises:
        DemoError: the station did not start, failed, or does not end.
    """
    folder.write(folder.config, STATION)
    folder.write(folder.log, b"")
    arguments = [
        *("run", "--config", str(folder.config), "--model", str(folder.model)),
        *("--camera", str(folder.line), "--fps", f"{fps:g}"),
        *("--state-dir", str(folder.state), "--wait-for-subscribers", "1"),
    ]
    steps.show(arguments)
    with folder.log.open("w") as log, started(arguments, stdout=log, stderr=log) as station:
        with progress.bar("starting the station", None):
            at = _wait_until_started(station, folder.log)
        steps.show(("subscribe", at.events, "--topic", "alert/"))
        with Subscriber(at.events, heatmaps=at.heatmaps, control=at.control, since_seq=0) as reader:
            with progress.bar("cells on the line", cells) as passed:
                seen = _follow(station, reader, time.monotonic() + cells / fps + SPARE_S, steps.tell, passed)
            seen.missed = reader.missed
        if station.returncode:
            raise _ended_badly(station, folder.log)
    return seen


def _wait_until_started(station: Process, log: Path) -> Addresses:
    deadline_s = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline_s:
        ended = station.poll() is not None
        for line in log.read_text(encoding="utf-8").splitlines():
            if '"event": "started"' in line:
                event = json.loads(line)
                return Addresses(event["events"], event["heatmaps"], event["control"])
        if ended:
            raise _ended_badly(station, log)
        time.sleep(LOOK_S)
    raise DemoError(f"the station did not start within {START_WITHIN_S:g} s", hint=f"see {log}")


def _ended_badly(station: Process, log: Path) -> DemoError:
    lines = log.read_text(encoding="utf-8").splitlines()
    said = lines[-1].removeprefix("edge-ad: error: ") if lines else "it said nothing"
    return DemoError(f"'edge-ad run' ended with exit code {station.returncode}: {said}", hint=f"see {log}")


def _follow(
    station: Process, reader: Subscriber, deadline_s: float, tell: Callable[[str], None], passed: progress.Advance
) -> Seen:
    seen = Seen()
    while True:
        ended = station.poll() is not None
        received = reader.receive(LOOK_S)
        if received is not None:
            _take(seen, received, tell, passed)
        elif ended:
            return seen
        elif time.monotonic() > deadline_s:
            raise DemoError("the station does not come to the end of the line", hint="is the computer very busy?")


def _take(seen: Seen, received: Received, tell: Callable[[str], None], passed: progress.Advance) -> None:
    match received:
        case Heatmap():
            seen.heatmaps[received.header.frame_seq] = received
        case Alert():
            seen.alerts[received.result.picture or ""] = received
            tell(alert_line(received))
        case Result():
            seen.results[received.picture or ""] = received
            passed(1)
        case Heartbeat():
            passed(received.dropped - seen.dropped)
            seen.dropped = received.dropped


def alert_line(alert: Alert) -> str:
    """One coloured line that says whether the alert is right."""
    result = alert.result
    picture = result.picture or ""
    right = truth_of(picture) == DEFECTIVE
    alarm = typer.style(f"ALERT {alert.seq:>2}", fg=typer.colors.RED, bold=True)
    truth = "true alarm" if right else "false alarm"
    truth = typer.style(truth, fg=typer.colors.GREEN if right else typer.colors.YELLOW)
    return f"{alarm}  {picture:<26} score {result.score or 0:5.1f} > {result.threshold or 0:.1f}  {truth}"
