"""A store that is damaged, lost or exchanged: the station starts, and no number comes twice."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from edge.errors import StoreError
from edge.messaging.outbox import Outbox
from edge.store import file


def filled(folder: Path, alerts, count: int = 300) -> Path:
    outbox = Outbox(folder)
    outbox.append(alerts(1, count))
    outbox.close()
    return outbox.path


def overwrite(path: Path, start: int, damage: bytes) -> None:
    with path.open("r+b") as store:
        store.seek(start)
        store.write(damage)


DAMAGES = {
    "another file": lambda path: path.write_bytes(b"not a database at all" * 100),
    "only a header": lambda path: path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 8000),
    "null bytes": lambda path: path.write_bytes(bytes(40_960)),
    "a page in the middle": lambda path: overwrite(path, 10 * 4096, b"\xa5" * 4096),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_is_set_aside_and_numbers_go_on_above(tmp_path, alerts, damage):
    path = filled(tmp_path, alerts)
    DAMAGES[damage](path)
    spoilt = path.read_bytes()
    outbox = Outbox(tmp_path)
    state, reason = outbox.condition
    (aside,) = tmp_path.glob("alerts.sqlite.bad-*")
    assert state == "degraded" and aside.name in reason and "damaged" in reason and "\n" not in reason
    assert aside.read_bytes() == spoilt
    assert 300 < outbox.next_seq <= 401
    first = outbox.next_seq
    outbox.append(alerts(first, 2))
    assert [json.loads(text)["seq"] for text in outbox.since(0, 10)] == [first, first + 1]
    outbox.close()
    after = Outbox(tmp_path)
    assert (after.condition, after.next_seq) == (("ok", ""), first + 2)
    after.close()


def test_a_store_that_was_deleted_or_exchanged_for_an_old_copy_gives_no_number_twice(tmp_path, alerts):
    path = filled(tmp_path, alerts, 3)
    copy = shutil.copy(path, tmp_path / "copy")
    outbox = Outbox(tmp_path)
    outbox.append(alerts(4, 2))
    outbox.close()
    shutil.copy(copy, path)
    outbox = Outbox(tmp_path)
    assert (outbox.condition[0], outbox.next_seq > 5) == ("degraded", True)
    last = outbox.next_seq
    outbox.append(alerts(last, 1))
    outbox.close()
    path.unlink()
    outbox = Outbox(tmp_path)
    assert outbox.next_seq > last
    outbox.close()


@pytest.mark.parametrize("slot", [0, 64])
def test_numbers_beside_the_store_outlive_a_write_that_was_cut_off(tmp_path, alerts, slot):
    outbox = Outbox(tmp_path)
    for seq in (1, 2, 3):
        outbox.append(alerts(seq, 1))
    outbox.close()
    overwrite(tmp_path / "alerts.seq", slot, bytes(10))
    outbox.path.unlink()
    outbox = Outbox(tmp_path)
    assert outbox.next_seq > 3
    outbox.close()


def test_a_store_of_an_earlier_version_goes_on(tmp_path, alerts):
    with closing(sqlite3.connect(tmp_path / "alerts.sqlite")) as database:
        database.execute("CREATE TABLE alerts (seq INTEGER PRIMARY KEY, alert TEXT NOT NULL) STRICT")
        database.executemany(
            "INSERT INTO alerts VALUES (?, ?)", [(a.seq, a.model_dump_json()) for a in alerts(1, 4)]
        )
        database.commit()
    outbox = Outbox(tmp_path)
    assert (outbox.condition, outbox.next_seq) == (("ok", ""), 5)
    assert outbox.acknowledge("alarm-2", "anna", "false_alarm") is None
    outbox.close()


def test_a_store_of_version_1_keeps_its_actions_and_learns_reasons(tmp_path, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr(file, "_VERSIONS", file._VERSIONS[:1])
        with closing(file.open_file(tmp_path / "alerts.sqlite")) as database:
            database.execute("INSERT INTO actions VALUES (7, '2026-11-22T02:05:00.000Z', 'anna', 'pause', '', '')")
    outbox = Outbox(tmp_path)
    assert outbox.record_action("anna", "set_threshold", reason="new light").number == 8
    outbox.close()
    outbox = Outbox(tmp_path)
    assert [(a.number, a.reason) for a in outbox.actions(0)] == [(7, ""), (8, "new light")]
    assert outbox.condition == ("ok", "")
    outbox.close()


def test_damage_found_while_the_station_runs_costs_no_later_alert_and_no_number(tmp_path, alerts):
    path = filled(tmp_path, alerts, 5000)
    outbox = Outbox(tmp_path)
    overwrite(path, 4096, b"\xa5" * (path.stat().st_size - 4096))
    with suppress(StoreError):
        outbox.since(0, 1000)  # takes the pages from memory
    kept = [alert for first in range(5001, 6001, 100) for alert in outbox.keep(alerts(first, 100))]
    assert all(alert.durable for alert in kept)
    assert outbox.condition[0] == "degraded" and "set aside as" in outbox.condition[1]
    outbox.close()
    after = Outbox(tmp_path)
    seqs = [json.loads(text)["seq"] for text in after.since(0, 2000)]
    assert seqs == list(range(seqs[0], 6001)) and seqs[0] <= 5101
    after.close()


def test_the_check_at_the_start_takes_no_longer_than_it_may(tmp_path, alerts, monkeypatch):
    outbox = Outbox(tmp_path)
    for first in range(1, 20_001, 1000):
        outbox.append(alerts(first, 1000))
    outbox.close()
    monkeypatch.setattr(file, "_CHECK_S", 0.0)
    monkeypatch.setattr(file, "_STEPS_BETWEEN_LOOKS", 100)
    began_s = time.monotonic()
    outbox = Outbox(tmp_path)
    assert time.monotonic() - began_s < 0.5
    assert (outbox.last_seq, outbox.condition) == (20_000, ("ok", ""))
    outbox.close()


def test_only_the_newest_damaged_stores_are_kept(tmp_path, alerts):
    for _ in range(5):
        (tmp_path / "alerts.sqlite").write_bytes(b"nonsense" * 1000)
        Outbox(tmp_path).close()
    assert len(list(tmp_path.glob("alerts.sqlite.bad-*"))) == 3
