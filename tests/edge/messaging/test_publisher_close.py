"""What becomes of verdicts, alerts and threads where a publisher is closed in the midst of them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest

from edge.errors import BusError, StoreError
from edge.messaging import publisher as publishing
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.store.ledger import Ledger
from edge.verdict import Verdict

ANY_PORT = "tcp://127.0.0.1:0"


def test_a_verdict_under_way_as_it_closes_gets_its_alert_and_a_later_one_is_refused(inspect, outbox):
    closings: list[threading.Thread] = []

    def close_now(inspection, result, alarm) -> None:
        """Between a result and its alert: the closing has begun when this returns."""
        if inspection.frame.seq != 0:
            return
        closings.append(threading.Thread(target=publisher.close))
        closings[0].start()
        give_up_s = time.monotonic() + 5
        with pytest.raises(BusError, match="the publisher is closed"):
            while time.monotonic() < give_up_s:
                publisher.publish(inspect(1))
        # More turns of its thread, in which it must not think that this is the end.
        for _ in range(2):
            step = publisher.stage.step
            while publisher.stage.step is step and time.monotonic() < give_up_s:
                time.sleep(0.001)

    publisher = Publisher(station="s", outbox=outbox, events=ANY_PORT, heatmaps=ANY_PORT, judged=close_now)
    assert publisher.publish(inspect(0, Verdict.ANOMALOUS, 5.0)).verdict is Verdict.ANOMALOUS
    closings[0].join(5)
    assert [json.loads(text)["result"]["frame_seq"] for text in outbox.since(0, 10)] == [0]


@pytest.fixture
def disk(monkeypatch) -> Iterator[threading.Event]:
    """A disk on which every commit hangs until the event is set."""
    free = threading.Event()
    commit = Ledger.commit

    def hangs(self: Ledger, rows) -> None:
        assert free.wait(20)
        commit(self, rows)

    monkeypatch.setattr(Ledger, "commit", hangs)
    monkeypatch.setattr(publishing, "_COMMIT_TIMEOUT_S", 0.2)
    yield free
    free.set()


def test_a_write_that_hangs_holds_up_no_end_and_what_it_comes_to_is_whole(tmp_path, inspect, disk):
    outbox = Outbox(tmp_path)
    publisher = Publisher(station="s", outbox=outbox, events=ANY_PORT, heatmaps=ANY_PORT)
    publisher.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
    with pytest.raises(StoreError, match=r"alerts are not on disk after 0\.2 s; check the disk"):
        publisher.close()
    closing = threading.Thread(target=outbox.close, daemon=True)
    closing.start()
    closing.join(5)
    assert not closing.is_alive()
    disk.set()
    publisher.close()  # the thread has come back
    assert outbox.last_seq == 1
    outbox.close()
    outbox = Outbox(tmp_path)
    assert [json.loads(text)["seq"] for text in outbox.since(0, 10)] == [1]
    outbox.close()
