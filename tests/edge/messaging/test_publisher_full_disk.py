"""What readers hear while the disk refuses alerts, and afterwards."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import zmq

from edge.errors import StoreError
from edge.messaging.messages import Alert, Health, Message, Result, read_message
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.verdict import Verdict

ANY_PORT = "tcp://127.0.0.1:0"


@contextmanager
def no_room() -> Iterator[None]:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def heard(socket: zmq.Socket[bytes], until) -> list[Message]:
    came: list[Message] = []
    give_up_s = time.monotonic() + 10
    while not came or not until(came[-1]):
        assert time.monotonic() < give_up_s, came[-3:]
        came.append(read_message(socket.recv_multipart()[1]))
    return came


def is_disk(state: str):
    return lambda message: isinstance(message, Health) and (message.component, message.state) == ("disk", state)


def test_results_and_alerts_go_on_and_the_disk_is_told_of_once_each_way(station, connect, inspect, outbox):
    publisher = station(heartbeat_s=0.1)
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    publisher.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
    came = heard(socket, lambda message: isinstance(message, Alert))
    with no_room():
        for seq in range(1, 21):
            publisher.publish(inspect(seq, Verdict.ANOMALOUS, 5.0))
            time.sleep(0.01)
        came += heard(socket, lambda message: isinstance(message, Alert) and message.seq == 21)
        assert [alert["durable"] for alert in map(json.loads, outbox.since(0, 100))] == [True] + [False] * 20
    came += heard(socket, is_disk("ok"))
    publisher.publish(inspect(21, Verdict.ANOMALOUS, 5.0))
    came += heard(socket, lambda message: isinstance(message, Alert))
    alerts = [message for message in came if isinstance(message, Alert)]
    assert [(alert.seq, alert.durable) for alert in alerts] == [
        *[(1, True)],
        *[(seq, False) for seq in range(2, 22)],
        *[(22, True)],
    ]
    assert [message.frame_seq for message in came if isinstance(message, Result)] == list(range(22))
    disk = [message for message in came if isinstance(message, Health)]
    assert [(message.component, message.state) for message in disk] == [("disk", "degraded"), ("disk", "ok")]
    stored = list(map(json.loads, outbox.since(0, 100)))
    assert [(alert["seq"], alert["durable"]) for alert in stored] == [(seq, True) for seq in range(1, 23)]
    assert [alert["alert_id"] for alert in stored] == [alert.alert_id for alert in alerts]


def test_a_station_that_ends_while_alerts_wait_says_that_they_are_lost(tmp_path, inspect):
    outbox = Outbox(tmp_path)
    publisher = Publisher(station="s", outbox=outbox, events=ANY_PORT, heatmaps=ANY_PORT)
    publisher.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
    while outbox.last_seq < 1:
        time.sleep(0.01)
    with no_room():
        publisher.publish(inspect(1, Verdict.ANOMALOUS, 5.0))
        with pytest.raises(StoreError, match="1 alerts are not on disk"):
            publisher.close()
    outbox.close()


def test_a_store_that_was_damaged_is_told_of_from_the_start(tmp_path):
    (tmp_path / "alerts.sqlite").write_bytes(b"nonsense" * 1000)
    outbox = Outbox(tmp_path)
    with Publisher(station="s", outbox=outbox, events=ANY_PORT, heatmaps=ANY_PORT) as publisher:
        deadline_s = time.monotonic() + 5
        while not publisher.health_now and time.monotonic() < deadline_s:
            time.sleep(0.01)
        (disk,) = publisher.health_now
        assert (disk.component, disk.state) == (
            "disk",
            "degraded",
        ) and "set aside as alerts.sqlite.bad-" in disk.reason
    outbox.close()
