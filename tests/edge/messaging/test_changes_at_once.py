"""Changes that are asked for at the same time: one after the other, and none is left half-way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from edge.errors import StoreError
from edge.messaging.changes import Change, ChangeRequest, Changes, Done, Plan
from edge.messaging.messages import Alert
from edge.messaging.outbox import Outbox
from edge.messaging.requests import Acknowledge, Pause, Reload, Resume, SetThreshold, Teach

RELOAD = Reload(id=1, command="reload")
ASKED: tuple[ChangeRequest, ...] = (
    Pause(id=2, command="pause"),
    SetThreshold(id=2, command="set_threshold", threshold=4.5, reason="new light"),
    Teach(id=2, command="teach", action="start", name="cell"),
    Teach(id=2, command="teach", action="stop"),
    Acknowledge(id=2, command="acknowledge", alert_id="alarm-1", by="Ada", judgement="true_alarm"),
)


def nothing() -> None:
    pass


def begin(changes: Changes, asked: ChangeRequest) -> threading.Thread:
    """Carries a request out in a thread of its own."""
    thread = threading.Thread(target=changes.carry_out, args=(asked, "Ada"), daemon=True)
    thread.start()
    return thread


def require_end(thread: threading.Thread) -> None:
    thread.join(5)
    assert not thread.is_alive()


class Station:
    """Says what a change would be compared with: the one that was made last.

    Attributes:
        getting_ready, planning, making: what happens in these steps of a reload.
        reloading: whether one is not over.
    """

    def __init__(self) -> None:
        self.last = "start"
        self.reloading = False
        self.getting_ready = self.planning = self.making = nothing

    def pause(self, camera: str | None) -> list[Change]:
        return [self._change("pause")]

    def resume(self, camera: str | None) -> list[Change]:
        return [self._change("resume")]

    def set_threshold(self, camera: str | None, threshold: float | None) -> list[Change]:
        return [self._change("set_threshold")]

    def teach(self, asked: Teach) -> list[Change]:
        return [self._change("teach")]

    @contextmanager
    def reload(self, model: str | None, camera: str | None) -> Iterator[Plan]:
        self.reloading = True
        try:
            self.getting_ready()
            yield self._plan
        finally:
            self.reloading = False

    def _plan(self) -> list[Change]:
        self.planning()
        return [self._change("reload", self.making)]

    def _change(self, name: str, making: Callable[[], None] = nothing) -> Change:
        def apply() -> None:
            making()
            self.last = name

        return Change(None, {"last": self.last}, {"last": name}, apply)


@pytest.fixture
def told() -> list[Done]:
    return []


@pytest.fixture
def station() -> Station:
    return Station()


@pytest.fixture
def changes(station: Station, outbox: Outbox, told: list[Done]) -> Changes:
    return Changes(station, outbox, told.append)


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: f"{asked.command} {getattr(asked, 'action', '')}")
def test_a_change_waits_for_a_reload_while_it_is_made_and_not_while_it_gets_ready(
    changes: Changes,
    station: Station,
    outbox: Outbox,
    alerts: Callable[[int, int], list[Alert]],
    told: list[Done],
    asked: ChangeRequest,
) -> None:
    outbox.append(alerts(1, 1))
    others: list[threading.Thread] = []

    def ask() -> None:
        others.append(begin(changes, asked))
        others[0].join(0.1)
        assert others[0].is_alive()

    station.getting_ready = lambda: require_end(begin(changes, Resume(id=3, command="resume")))
    station.making = ask
    changes.carry_out(RELOAD, "Bob")
    require_end(others[0])
    assert [done.command for done in told] == ["resume", "reload", asked.command]
    assert [done.number for done in told] == [1, 2, 3]
    compared = [done.change.before.get("last") for done in told]
    assert compared == ["start", "resume", None if isinstance(asked, Acknowledge) else "reload"]


def refuse_the_disk() -> None:
    raise StoreError("cannot write: disk full")


@pytest.mark.parametrize("step", ["getting_ready", "planning", "making", "recording", "telling"])
def test_after_a_reload_that_failed_at_any_step_the_next_change_is_made(
    station: Station, outbox: Outbox, told: list[Done], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell(done: Done) -> None:
        if step == "telling" and done.command == "reload":
            refuse_the_disk()
        told.append(done)

    changes = Changes(station, outbox, tell)
    with monkeypatch.context() as patch:
        if step == "recording":
            patch.setattr(outbox, "record_action", lambda *_: refuse_the_disk())
        elif step != "telling":
            patch.setattr(station, step, refuse_the_disk)
        with pytest.raises(StoreError, match="disk full"):
            changes.carry_out(RELOAD, "Bob")
    assert not station.reloading
    require_end(begin(changes, ASKED[0]))
    assert [done.command for done in told] == ["pause"]
