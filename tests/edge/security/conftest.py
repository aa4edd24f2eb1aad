"""Keys of a station, its authenticator, and messages that it sends while a client tries to listen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.messaging.compose import Composer
from edge.messaging.events import Events
from edge.messaging.messages import VerdictCounts
from edge.security.authenticator import Authenticator
from edge.security.folder import KeyFolder
from edge.security.role import Role

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def folder(tmp_path: Path) -> KeyFolder:
    """The keys of a station with one client for each role, whose files are ``observe.key`` and so on."""
    keys = KeyFolder(tmp_path / "keys")
    for role in Role:
        keys.create(role, role, tmp_path / f"{role}.key")
    return keys


@pytest.fixture
def access(folder: KeyFolder) -> Iterator[Authenticator]:
    with Authenticator(folder) as running:
        yield running


class Beating:
    """An events socket that sends heartbeats and notes who listens, as a publisher does."""

    def __init__(self, access: Authenticator | None) -> None:
        self._compose = Composer("line-3")
        self.events = Events(ANY_PORT, "line-3", access)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self.events.close()

    def _run(self) -> None:
        while not self._closing.wait(0.02):
            self.events.listen()
            beat = self._compose.heartbeat(
                last_alert_seq=0, verdicts=VerdictCounts(), dropped=0, fps=0.0, state="running"
            )
            self.events.send(beat)


@pytest.fixture
def beating(access: Authenticator) -> Iterator[Beating]:
    station = Beating(access)
    yield station
    station.close()
