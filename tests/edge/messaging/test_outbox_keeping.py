"""How long alerts are kept, and what is kept beside them."""

from __future__ import annotations

import json

import pytest

from edge.errors import UsageError
from edge.messaging.outbox import Outbox
from edge.store.actions import Word
from edge.store.options import OutboxOptions


def seqs(outbox: Outbox) -> list[int]:
    return [json.loads(text)["seq"] for text in outbox.since(0, 100_000)]


def tidy_once(outbox: Outbox) -> None:
    outbox._tidy_next_s = 0.0
    outbox.tend()


def test_alerts_leave_after_their_days_of_running_time_and_numbers_go_on(tmp_path, alerts, monkeypatch):
    now_s = 1000.0
    monkeypatch.setattr("edge.store.ledger.monotonic", lambda: now_s)
    options = OutboxOptions(keep_days=2)
    outbox = Outbox(tmp_path, options)
    outbox.append(alerts(1, 3))
    for _ in range(24):
        now_s += 3600
        tidy_once(outbox)
    outbox.append(alerts(4, 2))
    for _ in range(23):
        now_s += 3600
        tidy_once(outbox)
    assert seqs(outbox) == [1, 2, 3, 4, 5]
    outbox.close()
    now_s = 5.0  # another start of the computer, long switched off: that ages nothing
    outbox = Outbox(tmp_path, options)
    tidy_once(outbox)
    assert seqs(outbox) == [1, 2, 3, 4, 5]
    for _ in range(4):
        now_s += 3600
        tidy_once(outbox)
    assert seqs(outbox) == [4, 5]
    for _ in range(50):
        now_s += 3600
        tidy_once(outbox)
    assert seqs(outbox) == []
    outbox.close()
    outbox = Outbox(tmp_path, options)
    assert (outbox.last_seq, outbox.next_seq, outbox.condition) == (5, 6, ("ok", ""))
    outbox.append(alerts(6, 1))
    assert seqs(outbox) == [6]
    outbox.close()


def test_the_oldest_leave_when_the_store_grows_too_large(tmp_path, alerts):
    outbox = Outbox(tmp_path, OutboxOptions(keep_mb=1))
    for first in range(1, 4001, 500):
        outbox.append(alerts(first, 500))
        for _ in range(5):
            tidy_once(outbox)
    left = seqs(outbox)
    assert outbox.figures().used_bytes <= 1_000_000
    assert left == list(range(left[0], 4001)) and len(left) > 200
    assert outbox.path.stat().st_size < 2_500_000
    outbox.close()


def test_actions_without_end_push_no_alert_out(tmp_path, alerts):
    outbox = Outbox(tmp_path, OutboxOptions(keep_mb=1))
    outbox.append(alerts(1, 200))
    with outbox.together():
        for _ in range(20_000):
            outbox.record_action("hmi-1", "acknowledge", before="x" * 40, after="y" * 40)
    assert outbox.figures().used_bytes > 2_000_000
    for _ in range(40):
        tidy_once(outbox)
    assert outbox.figures().used_bytes <= 1_000_000
    assert seqs(outbox) == list(range(1, 201)) and outbox.actions()[-1].number == 20_000
    outbox.close()


def test_the_journal_is_empty_when_nothing_happens(tmp_path, alerts, monkeypatch):
    outbox = Outbox(tmp_path)
    outbox.append(alerts(1, 500))
    assert outbox.figures().wal_bytes > 100_000
    monkeypatch.setattr("edge.store.ledger._IDLE_S", 0.0)
    tidy_once(outbox)
    assert outbox.figures().wal_bytes == 0
    assert len(seqs(outbox)) == 500
    outbox.close()


def test_the_journal_stays_small_while_alerts_come_and_are_read(tmp_path, alerts):
    outbox = Outbox(tmp_path)
    for first in range(1, 20_001, 500):
        outbox.append(alerts(first, 500))
        outbox.since(0, 1000)
    assert outbox.figures().wal_bytes < 8 * 1024 * 1024
    outbox.close()


def test_actions_are_numbered_and_survive(tmp_path):
    outbox = Outbox(tmp_path)
    outbox.record_action("anna", "set_threshold", before="12.5", after="14.0")
    outbox.record_action("plc-1", "pause", after="top")
    outbox.close()
    outbox = Outbox(tmp_path)
    assert outbox.record_action("anna", "resume").number == 3
    told = [(a.number, a.by, a.action, a.before, a.after) for a in outbox.actions(0, 2)]
    assert told == [(1, "anna", "set_threshold", "12.5", "14.0"), (2, "plc-1", "pause", "", "top")]
    assert [a.action for a in outbox.actions(2)] == ["resume"]
    assert [a.number for a in outbox.actions(limit=2)] == [2, 3]
    assert outbox.actions(0)[0].time.endswith("Z")
    outbox.close()


def test_the_last_word_on_an_alarm_counts_and_an_unknown_one_is_refused(tmp_path, alerts):
    outbox = Outbox(tmp_path)
    outbox.append(alerts(1, 3))
    assert outbox.acknowledge("alarm-2", "anna", "true_alarm") is None
    assert outbox.acknowledge("alarm-2", "boris", "false_alarm") == Word("true_alarm", "anna")
    with pytest.raises(UsageError, match="no alert 'alarm-9' on disk"):
        outbox.acknowledge("alarm-9", "anna", "true_alarm")
    outbox.close()
    outbox = Outbox(tmp_path)
    assert outbox.judgements() == {"alarm-2": "false_alarm"}
    outbox.close()
