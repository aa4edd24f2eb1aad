"""What somebody is told whose change is not over as the station stops, and whether that is true."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from edge.errors import BusError
from edge.messaging import control as controlling
from edge.messaging.asking import Asker
from edge.messaging.changes import Change, Plan
from edge.messaging.control import Control
from edge.messaging.outbox import Outbox
from tests.edge.cameras.capturing import wait_for

ANY_PORT = "tcp://127.0.0.1:*"


class Station:
    """Makes a change only when it may."""

    teaching = None

    def __init__(self) -> None:
        self.made: list[str] = []
        self.may = threading.Event()
        self.at_work: list[str] = []

    def pause(self, camera: str | None) -> list[Change]:
        return [self._change("pause", self._wait)]

    def resume(self, camera: str | None) -> list[Change]:
        return [self._change("resume", lambda name: None)]

    @contextmanager
    def reload(self, model: str | None, camera: str | None) -> Iterator[Plan]:
        self._wait("reload")
        yield lambda: [self._change("reload", lambda name: None)]

    def _wait(self, name: str) -> None:
        self.at_work.append(name)
        assert self.may.wait(20)

    def _change(self, name: str, first: Callable[[str], None]) -> Change:
        def apply() -> None:
            first(name)
            self.made.append(name)

        return Change(None, {"last": ""}, {"last": name}, apply)


def asked_of(address: str, command: str) -> object:
    with closing(Asker(address)) as asker:
        return asker.ask(command, timeout_s=10.0)


def test_what_is_refused_at_a_stop_is_not_done_and_what_is_being_made_is_not_called_refused(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controlling, "_DISK_S", 0.1)
    station = Station()
    control = Control(address=ANY_PORT, station=station, outbox=outbox)  # type: ignore[arg-type]
    with ThreadPoolExecutor(3) as pool:

        def ask(command: str) -> Future[object]:
            return pool.submit(asked_of, control.address, command)

        reload = ask("reload")
        wait_for(lambda: station.at_work == ["reload"])
        pause = ask("pause")
        wait_for(lambda: station.at_work == ["reload", "pause"])
        resume = ask("resume")
        wait_for(lambda: control._disk._work_queue.qsize() == 1)
        control.close()
        with pytest.raises(BusError, match="not_ready: the station stops"):
            resume.result()
        for asked in (pause, reload):  # from here nobody can tell which of the two is being made
            with pytest.raises(BusError, match="failed: the station stops meanwhile: 'actions' tells"):
                asked.result()
        station.may.set()
        wait_for(lambda: not control._changes.end())
        control._slow.shutdown()
    assert station.made == ["pause"]
    assert [action.action for action in outbox.actions(0)] == ["pause"]
