"""The outbox while the disk refuses: a real limit on file sizes, set and lifted on the process that writes."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.errors import StoreError, StoreRefusedError
from edge.messaging.outbox import Outbox
from edge.store.options import OutboxOptions


@contextmanager
def no_room(bytes_left: int = 4096) -> Iterator[None]:
    """No file grows beyond so many bytes; Python ignores the signal, so that a write fails with EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.messaging.outbox._AGAIN_S", 0.0)


def numbers(outbox: Outbox) -> list[tuple[int, bool]]:
    return [(alert["seq"], alert["durable"]) for alert in map(json.loads, outbox.since(0, 1000))]


def test_alerts_wait_under_their_numbers_and_come_to_disk_in_order(tmp_path, alerts, impatient):
    outbox = Outbox(tmp_path)
    outbox.keep(alerts(1, 2))
    with no_room():
        kept = [*outbox.keep(alerts(3, 2)), *outbox.keep(alerts(5, 1))]
        assert [(alert.seq, alert.durable) for alert in kept] == [(3, False), (4, False), (5, False)]
        outbox.tend()
        assert (outbox.last_seq, outbox.next_seq, outbox.condition[0]) == (2, 6, "degraded")
        assert "wait in memory" in outbox.condition[1]
        assert numbers(outbox) == [(1, True), (2, True), (3, False), (4, False), (5, False)]
        with pytest.raises(StoreRefusedError, match="3 alerts are not on disk"):
            outbox.settle()
    outbox.tend()
    assert (outbox.last_seq, outbox.condition) == (5, ("ok", ""))
    assert outbox.keep(alerts(6, 1))[0].durable
    outbox.close()
    again = Outbox(tmp_path)
    assert numbers(again) == [(seq, True) for seq in range(1, 7)]
    again.close()


def test_numbers_that_waited_when_the_process_died_are_not_given_again(tmp_path, alerts):
    outbox = Outbox(tmp_path)
    outbox.keep(alerts(1, 2))
    with no_room():
        outbox.keep(alerts(3, 200))
    outbox.close()  # as a kill would leave it: nothing that waits is written
    after = Outbox(tmp_path)
    assert after.next_seq > 202
    assert after.condition == ("degraded", f"numbers 3 to {after.last_seq} are not on disk")
    after.keep(alerts(after.next_seq, 1))
    assert numbers(after)[:2] == [(1, True), (2, True)] and len(numbers(after)) == 3
    after.close()
    assert Outbox(tmp_path).condition == ("ok", "")


def test_when_too_many_wait_the_oldest_is_dropped_counted_and_told(tmp_path, alerts, impatient):
    outbox = Outbox(tmp_path, OutboxOptions(waiting_alerts=5))
    with no_room():
        outbox.keep(alerts(1, 4))
        assert outbox.condition[0] == "degraded"
        outbox.keep(alerts(5, 4))
        assert outbox.condition[0] == "failed" and "more than 5 alerts wait" in outbox.condition[1]
        assert (outbox.figures().waiting, outbox.figures().dropped) == (5, 3)
    outbox.tend()
    assert [seq for seq, _ in numbers(outbox)] == [4, 5, 6, 7, 8]
    assert (outbox.condition, outbox.figures().dropped) == (("ok", ""), 3)
    outbox.close()


def test_alerts_that_wait_follow_only_where_all_before_them_fit(tmp_path, alerts, impatient):
    outbox = Outbox(tmp_path)
    one, two, three = alerts(1, 3)
    outbox.keep([one, two, three.model_copy(update={"alert_id": "x" * 5000})])
    with no_room():
        outbox.keep(alerts(4, 3))
        size = len(outbox.since(0, 1)[0]) + 20
        for room, seqs in ((0, [1]), (4 * size, [1, 2]), (5000 + 4 * size, [1, 2, 3, 4])):
            texts = outbox.since(0, 100, room)
            assert [json.loads(text)["seq"] for text in texts] == seqs
        assert [json.loads(text)["seq"] for text in outbox.since(3, 100, 0)] == [4]
    outbox.close()


def test_what_somebody_does_is_refused_and_not_half_kept(tmp_path, impatient):
    outbox = Outbox(tmp_path)
    outbox.record_action("anna", "pause")
    with no_room(), pytest.raises(StoreRefusedError):
        outbox.record_action("anna", "resume")
    assert outbox.record_action("anna", "resume").number == 2
    outbox.close()


def test_a_new_folder_on_a_full_disk_is_one_line(tmp_path: Path):
    with no_room(0), pytest.raises(StoreError, match="check the disk's free space"):
        Outbox(tmp_path)
