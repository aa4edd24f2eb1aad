"""A reader in a thread of its own that follows a station through its lives, and what it heard against the disk."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from edge.errors import BusError
from edge.messaging.messages import Alert, Health, Heartbeat, Message
from edge.messaging.outbox import Outbox
from edge.messaging.subscriber import Subscriber

WAIT_S = 30.0


def fixed_addresses(count: int = 3) -> list[str]:
    """Loopback addresses that are free now, for a station that comes back where it was."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"tcp://127.0.0.1:{each.getsockname()[1]}" for each in sockets]


class Listener:
    """Keeps alerts, health and heartbeats with the moment they were read.

    Args:
        events, control: addresses of the station.
        options: further ones of a Subscriber.

    Attributes:
        heard: messages with the monotonic time of their reading, in seconds.
    """

    def __init__(self, events: str, control: str, **options: Any) -> None:
        self.heard: list[tuple[float, Message]] = []
        self.failure: BusError | None = None
        self.missed = 0
        self.last_seq = 0
        self._over = threading.Event()
        topics = ("alert/", "health/", "heartbeat/")
        given = {"topics": topics, "control": control, "since_seq": 0} | options
        self._thread = threading.Thread(target=self._listen, args=(events, given), daemon=True)
        self._thread.start()

    @property
    def alerts(self) -> list[Alert]:
        return [message for _, message in list(self.heard) if isinstance(message, Alert)]

    @property
    def health(self) -> list[Health]:
        return [message for _, message in list(self.heard) if isinstance(message, Health)]

    @property
    def beats(self) -> list[tuple[float, Heartbeat]]:
        return [(at_s, message) for at_s, message in list(self.heard) if isinstance(message, Heartbeat)]

    def first_alert_after(self, moment_s: float, boots: set[str]) -> tuple[float, str]:
        """Seconds until the first alert of a start that is not among ``boots``, and that start."""
        give_up_s = moment_s + WAIT_S
        seen = 0
        while time.monotonic() < give_up_s:
            for at_s, message in self.heard[seen:]:
                if isinstance(message, Alert) and message.boot_id not in boots:
                    return at_s - moment_s, message.boot_id
            seen = max(0, len(self.heard) - 1)
            time.sleep(0.002)
        raise AssertionError(f"no alert within {WAIT_S:g} s")

    def wait_for_seq(self, seq: int) -> None:
        give_up_s = time.monotonic() + WAIT_S
        while self.last_seq < seq:
            assert time.monotonic() < give_up_s, f"at {self.last_seq}, not at {seq}; {self.failure}"
            time.sleep(0.01)

    def close(self) -> None:
        self._over.set()
        self._thread.join(WAIT_S)

    def _listen(self, events: str, options: dict[str, Any]) -> None:
        with Subscriber(events, **options) as station:
            while not self._over.is_set():
                try:
                    message = station.receive(0.1)
                except BusError as error:
                    self.failure = error
                    return
                self.missed, self.last_seq = station.missed, station.last_seq
                if isinstance(message, Alert | Health | Heartbeat):
                    self.heard.append((time.monotonic(), message))


def stored(state: Path) -> dict[int, str]:
    """What is on disk: alert_id by number."""
    outbox = Outbox(state)
    found = {alert["seq"]: alert["alert_id"] for alert in map(json.loads, outbox.since(0, 10**9))}
    outbox.close()
    return found


def lost_and_phantom(alerts: list[Alert], on_disk: dict[int, str]) -> tuple[int, int, int]:
    """How many are on disk and were not heard; were heard and are not on disk; were heard twice."""
    heard = [(alert.seq, alert.alert_id) for alert in alerts]
    lost = set(on_disk.items()) - set(heard)
    phantom = set(heard) - set(on_disk.items())
    return len(lost), len(phantom), len(heard) - len(set(heard))
