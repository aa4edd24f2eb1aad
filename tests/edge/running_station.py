"""``edge-ad run`` as a process of its own, as systemd starts it: what it logs, what it says, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from edge.messaging.asking import Asker
from edge.messaging.heatmap import Heatmap
from edge.messaging.messages import Action, Alert, Health, Heartbeat, Message, Result
from edge.messaging.subscriber import Subscriber

ANY_PORT = "tcp://127.0.0.1:*"
START_S = 30.0  # generous: the suite shares its cores

Event = dict[str, Any]
OneKind = TypeVar("OneKind", Result, Alert, Health, Heartbeat, Action)


def clean_environment() -> dict[str, str]:
    """The environment without settings of edge-ad."""
    return {name: text for name, text in os.environ.items() if not name.startswith("EDGE_AD_")}


class RunningStation:
    """A daemon on free loopback ports, with its log read as it is written.

    Args:
        model: the .xml file of a bundle.
        state: folder for its alerts.
        options: further options of ``edge-ad run``.
        program: what stands for ``edge-ad``.
    """

    def __init__(
        self, model: Path, state: Path, *options: str, program: Sequence[str] = (sys.executable, "-m", "edge")
    ) -> None:
        command = [
            *(*program, "run", "--model", str(model), "--state-dir", str(state)),
            *("--events", ANY_PORT, "--heatmaps", ANY_PORT, "--control", ANY_PORT, "--log-format", "json"),
            *options,
        ]
        self.log: list[Event] = []
        self.other_lines: list[str] = []
        self._askers: list[Asker] = []
        self._news = threading.Condition()
        self._over = False
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=clean_environment())
        self.began_s = time.monotonic()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def event(self, name: str, *, timeout_s: float = START_S) -> Event:
        """Waits for the first event of this name."""
        return self.events(name, 1, timeout_s=timeout_s)[0]

    def events(self, name: str, count: int = 0, *, timeout_s: float = START_S) -> list[Event]:
        """Waits for so many events of this name; returns all there are."""
        with self._news:
            self._news.wait_for(lambda: self._over or len(self._named(name)) >= count, timeout_s)
            found = self._named(name)
        assert len(found) >= count, f"{len(found)} of {count} {name!r} in {self.log} {self.other_lines}"
        return found

    def subscriber(self, *topics: str, **options: Any) -> Subscriber:
        """A reader of its events; with ``control=True`` one that replays."""
        started = self.event("started")
        if options.pop("control", False):
            options["control"] = started["control"]
        return Subscriber(started["events"], topics=topics or ("",), **options)

    def asker(self) -> Asker:
        """Who sends it requests; closed with it."""
        self._askers.append(Asker(self.event("started")["control"]))
        return self._askers[-1]

    def captures(self) -> list[int]:
        """Its capture processes: the children of its fork server."""
        return [pid for server in children_of(self.process.pid) for pid in children_of(server)]

    def signal(self, number: signal.Signals) -> float:
        """Sends a signal; returns the seconds until the process was gone."""
        sent_s = time.monotonic()
        self.process.send_signal(number)
        self.wait(START_S)
        return time.monotonic() - sent_s

    def wait(self, timeout_s: float = START_S) -> int:
        """Waits for its end, and for the end of its log; returns the exit code."""
        code = self.process.wait(timeout_s)
        self._reader.join(timeout_s)
        return code

    def close(self) -> None:
        """Ends it and what it left behind, whatever happened."""
        left_behind = [*children_of(self.process.pid), *self.captures()] if self.process.poll() is None else []
        self.process.kill()
        for pid in left_behind:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.wait()
        for asker in self._askers:
            asker.close()
        if self.process.stderr is not None:
            self.process.stderr.close()

    def _named(self, name: str) -> list[Event]:
        return [event for event in self.log if event["event"] == name]

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                if line.startswith("{"):
                    self.log.append(json.loads(line))
                else:
                    self.other_lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._over = True
            self._news.notify_all()


def children_of(pid: int) -> list[int]:
    """Processes that a process started and that have not ended."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread that has ended meanwhile
            found += map(int, task.read_text().split())
    return found


def read_until(reader: Subscriber, found: Callable[[Message], bool]) -> list[Message]:
    """All messages up to and with the first one that is looked for."""
    came: list[Message] = []
    deadline_s = time.monotonic() + START_S
    while (received := reader.receive(max(0.0, deadline_s - time.monotonic()))) is not None:
        assert not isinstance(received, Heatmap)
        came.append(received)
        if found(received):
            return came
    raise AssertionError(f"not seen within {START_S:g} s; the last were {came[-3:]}")


def until_stopping(reader: Subscriber) -> list[Message]:
    """All messages up to and with a station's last heartbeat."""
    return read_until(reader, lambda message: isinstance(message, Heartbeat) and message.state == "stopping")


def of_kind(kind: type[OneKind], messages: Iterable[Message]) -> list[OneKind]:
    return [message for message in messages if isinstance(message, kind)]
