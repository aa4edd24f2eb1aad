"""What changes a station is on disk before it is done, and everybody hears of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.errors import BusError, BusyError, EdgeAdError, StoreError
from edge.messaging.asking import Asker
from edge.messaging.changes import Change, Done, Plan
from edge.messaging.control import Control
from edge.messaging.messages import Alert, Result
from edge.messaging.outbox import Outbox
from edge.messaging.requests import Inspect
from edge.messaging.snapshot import Snapshot
from edge.security.authenticator import Authenticator
from edge.security.folder import KeyFolder
from edge.security.role import Role

ANY_PORT = "tcp://127.0.0.1:0"
ASKED: dict[str, dict[str, object]] = {
    "status": {},
    "replay": {"since_seq": 0},
    "actions": {"since_number": 0},
    "inspect": {"part_id": "4711", "timeout_ms": 100},
    "snapshot": {"timeout_ms": 1},
    "pause": {},
    "resume": {},
    "acknowledge": {"alert_id": "alarm-1", "by": "Ada", "judgement": "false_alarm"},
    "set_threshold": {"threshold": 4.5, "reason": "new light"},
    "reload": {},
    "teach": {"action": "status"},
}
NEEDS = dict.fromkeys(("inspect", "snapshot", "pause", "resume", "acknowledge"), Role.OPERATE) | {
    "set_threshold": Role.MAINTAIN,
    "reload": Role.MAINTAIN,
    "teach": Role.MAINTAIN,
}


class Station:
    """A station of two cameras that notes what was on disk when a change was made."""

    teaching = None

    def __init__(self, outbox: Outbox) -> None:
        self.paused = {"top": False, "side": True}
        self.threshold = 3.0
        self.recorded_when_applied: list[int] = []
        self._outbox = outbox

    def status(self) -> Mapping[str, object]:
        return {}

    def inspect(self, asked: Inspect, answer: Callable[[Result | EdgeAdError], None]) -> None:
        answer(BusError("no verdict in this test"))

    def snapshot(self, camera: str | None, answer: Callable[[Snapshot], None]) -> None:
        raise BusyError("no verdict in this test")

    def pause(self, camera: str | None) -> list[Change]:
        return [self._pausing(name, True) for name in self.paused if camera in (None, name)]

    def resume(self, camera: str | None) -> list[Change]:
        return [self._pausing(name, False) for name in self.paused if camera in (None, name)]

    def set_threshold(self, camera: str | None, threshold: float | None) -> list[Change]:
        after = 3.0 if threshold is None else threshold
        return [Change("top", {"threshold": self.threshold}, {"threshold": after}, lambda: self._set(after))]

    @contextmanager
    def reload(self, model: str | None, camera: str | None) -> Iterator[Plan]:
        yield list

    def _pausing(self, name: str, paused: bool) -> Change:
        def apply() -> None:
            self.recorded_when_applied.append(len(self._outbox.actions(0)))
            self.paused[name] = paused

        return Change(name, {"paused": self.paused[name]}, {"paused": paused}, apply)

    def _set(self, threshold: float) -> None:
        self.threshold = threshold


@pytest.fixture
def told() -> list[Done]:
    return []


@pytest.fixture
def station(outbox: Outbox) -> Station:
    return Station(outbox)


@pytest.fixture
def asker(station: Station, outbox: Outbox, told: list[Done]) -> Iterator[Asker]:
    with Control(address=ANY_PORT, station=station, outbox=outbox, tell=told.append) as control:
        client = Asker(control.address)
        yield client
        client.close()


def test_only_what_changes_is_recorded_before_it_is_done_and_told(
    asker: Asker, station: Station, outbox: Outbox, told: list[Done]
) -> None:
    asker.ask("pause")
    asker.ask("pause")
    assert station.paused == {"top": True, "side": True}
    assert station.recorded_when_applied == [1]
    (action,) = outbox.actions(0)
    assert (action.number, action.by, action.action) == (1, "local", "pause")
    assert json.loads(action.before) == {"camera": "top", "paused": False}
    assert json.loads(action.after) == {"camera": "top", "paused": True}
    assert [(done.number, done.who, done.command, done.change.camera) for done in told] == [
        (1, "local", "pause", "top")
    ]


def test_a_threshold_is_set_with_its_reason_and_taken_back(
    asker: Asker, station: Station, outbox: Outbox, told: list[Done]
) -> None:
    asker.ask("set_threshold", camera="top", threshold=4.5, reason="new light")
    assert station.threshold == 4.5
    asker.ask("set_threshold", threshold=None, reason="old light again")
    assert station.threshold == 3.0
    assert [(done.change.after, done.reason) for done in told] == [
        ({"threshold": 4.5}, "new light"),
        ({"threshold": 3.0}, "old light again"),
    ]
    assert [action.reason for action in outbox.actions(0)] == ["new light", "old light again"]
    with pytest.raises(BusError, match="bad_request: reason: Field required"):
        asker.ask("set_threshold", threshold=4.5)


def test_an_alarm_is_acknowledged_and_the_last_word_counts(
    asker: Asker, outbox: Outbox, alerts: Callable[[int, int], list[Alert]], told: list[Done]
) -> None:
    outbox.append(alerts(1, 2))
    for by, judgement in (
        ("Ada", "true_alarm"),
        ("Ada", "false_alarm"),
        ("Ada", "false_alarm"),
        ("Bob", "false_alarm"),
    ):
        asker.ask("acknowledge", alert_id="alarm-2", by=by, judgement=judgement)
    assert outbox.judgements() == {"alarm-2": "false_alarm"}
    said = [(done.change.after["judgement"], done.change.after["by"]) for done in told]
    assert said == [("true_alarm", "Ada"), ("false_alarm", "Ada"), ("false_alarm", "Bob")]
    assert [done.change.before["judgement"] for done in told] == [None, "true_alarm", "false_alarm"]
    assert told[0].change.after == {"alert_id": "alarm-2", "judgement": "true_alarm", "by": "Ada"}
    with pytest.raises(BusError, match="refused: no alert 'alarm-9' on disk"):
        asker.ask("acknowledge", alert_id="alarm-9", by="Ada", judgement="true_alarm")
    with pytest.raises(BusError, match="bad_request: judgement"):
        asker.ask("acknowledge", alert_id="alarm-1", by="Ada", judgement="perhaps")


def test_what_cannot_be_recorded_is_not_done(
    asker: Asker, station: Station, outbox: Outbox, told: list[Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("cannot write alerts.sqlite: disk full")

    monkeypatch.setattr(outbox, "record_action", full)
    with pytest.raises(BusError, match="failed: cannot write alerts.sqlite: disk full"):
        asker.ask("pause")
    assert station.paused["top"] is False and told == []


def test_what_was_said_of_an_alarm_is_kept_only_together_with_who_said_it(
    asker: Asker, outbox: Outbox, alerts: Callable[[int, int], list[Alert]], told: list[Done]
) -> None:
    outbox.append(alerts(1, 1))
    asker.ask("acknowledge", alert_id="alarm-1", by="Ada", judgement="true_alarm")
    outbox._ledger.db.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON actions BEGIN SELECT RAISE(ABORT, 'no record'); END"
    )
    with pytest.raises(BusError, match="failed: cannot write .*no record"):
        asker.ask("acknowledge", alert_id="alarm-1", by="Bob", judgement="false_alarm")
    assert outbox.judgements() == {"alarm-1": "true_alarm"} and len(told) == 1


def test_what_could_not_be_made_is_recorded_as_not_done(
    asker: Asker, station: Station, outbox: Outbox, told: list[Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(threshold: float) -> None:
        raise StoreError("cannot write thresholds.json: disk full")

    monkeypatch.setattr(station, "_set", full)
    with pytest.raises(BusError, match="failed: cannot write thresholds.json: disk full"):
        asker.ask("set_threshold", threshold=4.5, reason="new light")
    there, back = outbox.actions()
    assert (there.before, there.after, there.reason) == (back.after, back.before, "new light")
    assert back.reason == "not done: cannot write thresholds.json: disk full" and told == []


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_its_own_and_no_more(
    role: Role,
    station: Station,
    outbox: Outbox,
    told: list[Done],
    tmp_path: Path,
    alerts: Callable[[int, int], list[Alert]],
) -> None:
    outbox.append(alerts(1, 1))
    folder = KeyFolder(tmp_path / "keys")
    folder.create("hmi-1", role, tmp_path / "hmi-1.key")
    allowed = set()
    with (
        Authenticator(folder) as access,
        Control(address=ANY_PORT, station=station, outbox=outbox, tell=told.append, access=access) as control,
    ):
        client = Asker(control.address, keys=tmp_path / "hmi-1.key")
        for command, fields in ASKED.items():
            try:
                client.ask(command, **fields)
                allowed.add(command)
            except BusError as error:
                if "forbidden" not in error.message:
                    assert "no verdict in this test" in error.message
                    allowed.add(command)
                else:
                    assert f"needs the role {NEEDS[command]}, hmi-1 has {role}" in error.message
        client.close()
    assert allowed == {command for command in ASKED if role.covers(NEEDS.get(command, Role.OBSERVE))}
    assert {done.who for done in told} == ({"hmi-1"} if role is not Role.OBSERVE else set())


def test_a_role_that_is_taken_away_is_gone_within_seconds(
    station: Station, outbox: Outbox, tmp_path: Path
) -> None:
    folder = KeyFolder(tmp_path / "keys")
    folder.create("hmi-1", Role.OPERATE, tmp_path / "hmi-1.key")
    admitted = folder.clients_path / "hmi-1.json"
    with (
        Authenticator(folder) as access,
        Control(address=ANY_PORT, station=station, outbox=outbox, access=access) as control,
    ):
        client = Asker(control.address, keys=tmp_path / "hmi-1.key")
        client.ask("pause")
        admitted.write_text(admitted.read_text().replace('"operate"', '"observe"'))
        with pytest.raises(BusError, match="forbidden"):
            for _ in range(50):
                client.ask("resume")
                client.ask("status", timeout_s=5)
                access._closing.wait(0.1)
        client.close()
