"""The client library against a real station, in this process and in another."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing

import numpy as np
import pytest
import zmq

from edge.errors import BusError, UsageError
from edge.messaging.control import Control
from edge.messaging.heatmap import Heatmap
from edge.messaging.messages import Alert, Heartbeat, Result
from edge.messaging.outbox import Outbox
from edge.messaging.subscriber import Subscriber
from edge.verdict import Verdict
from tests.edge.messaging.conftest import heatmaps_are_read

ANY_PORT = "tcp://127.0.0.1:0"

OTHER_PROCESS = """
import sys
from edge.messaging.subscriber import Subscriber

with Subscriber(sys.argv[1], topics=("result/",)) as station:
    print(station.receive(10).model_dump_json(), flush=True)
assert not {"openvino", "cv2", "typer"} & sys.modules.keys()
"""


class Idle:
    def status(self) -> Mapping[str, object]:
        return {}

    def pause(self, camera: str | None) -> None: ...

    def resume(self, camera: str | None) -> None: ...


@pytest.fixture
def control(outbox: Outbox) -> Iterator[Control]:
    with Control(address=ANY_PORT, station=Idle(), outbox=outbox) as running:
        yield running


def committed(outbox: Outbox, seq: int) -> None:
    deadline_s = time.monotonic() + 5
    while outbox.last_seq < seq:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    time.sleep(0.05)  # they are sent right after their commit


def alerts_of(subscriber: Subscriber, count: int) -> list[int]:
    """Sequence numbers of the next so many alerts."""
    seqs = []
    while len(seqs) < count:
        message = subscriber.receive(5)
        assert message is not None, f"silence after {seqs}"
        if isinstance(message, Alert):
            seqs.append(message.seq)
    return seqs


def test_another_process_reads_the_same_json_that_a_plain_socket_gets(station, connect, inspect):
    publisher = station()
    plain = connect(zmq.SUB, publisher.events)
    command = [sys.executable, "-c", OTHER_PROCESS, publisher.events]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        publisher.wait_for_subscribers(2, 20)
        publisher.publish(inspect(5, Verdict.ANOMALOUS, 4.75, part_id="A-1"))
        printed, _ = other.communicate(timeout=20)
    assert other.returncode == 0
    while True:
        topic, payload = plain.recv_multipart()
        if topic.startswith(b"result/"):
            break
    assert json.loads(printed) == json.loads(payload)
    assert json.loads(payload)["score"] == 4.75


def test_only_the_topics_asked_for_are_delivered(station, inspect):
    publisher = station(heartbeat_s=0.05)
    with Subscriber(publisher.events, topics=("result/line-3/top", "alert/line-3/side")) as subscriber:
        publisher.wait_for_subscribers(1, 5)
        publisher.publish(inspect(1, Verdict.ANOMALOUS, 5.0))
        publisher.publish(inspect(2))
        assert [type(subscriber.receive(1)) for _ in range(3)] == [Result, Result, type(None)]


def test_one_subscriber_counts_as_one(station):
    publisher = station()
    with (
        Subscriber(publisher.events),
        Subscriber(publisher.events, topics=("alert/", "heartbeat/line-3/", "result/")),
    ):
        publisher.wait_for_subscribers(2, 5)
        with pytest.raises(BusError, match="2 of 3"):
            publisher.wait_for_subscribers(3, 0.2)


def test_a_late_subscriber_replays_what_it_missed_and_goes_on_live(station, control, inspect, outbox):
    publisher = station(heartbeat_s=0.1)
    for seq in range(7):
        publisher.publish(inspect(seq, Verdict.ANOMALOUS, 5.0))
    committed(outbox, 7)
    with Subscriber(publisher.events, topics=("alert/",), control=control.address, since_seq=2) as subscriber:
        assert alerts_of(subscriber, 5) == [3, 4, 5, 6, 7]
        publisher.publish(inspect(7, Verdict.ANOMALOUS, 5.0))
        assert alerts_of(subscriber, 1) == [8]
        assert subscriber.receive(0.3) is None
        assert (subscriber.last_seq, subscriber.missed) == (8, 0)


def test_without_a_past_only_new_alerts_come(station, control, inspect, outbox):
    publisher = station(heartbeat_s=0.1)
    publisher.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
    committed(outbox, 1)
    with Subscriber(publisher.events, control=control.address) as subscriber:
        assert isinstance(subscriber.receive(5), Heartbeat)
        publisher.publish(inspect(1, Verdict.ANOMALOUS, 5.0))
        assert alerts_of(subscriber, 1) == [2]


def test_a_restart_that_left_an_alert_unsent_on_disk_loses_nothing(
    station, control, inspect, outbox, alerts, tmp_path
):
    address = f"ipc://{tmp_path}/events"  # nobody else takes it in between, as happens to a port
    first = station(events=address, heartbeat_s=0.1)
    with Subscriber(first.events, topics=("alert/",), control=control.address, since_seq=0) as subscriber:
        first.wait_for_subscribers(1, 5)
        first.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
        assert alerts_of(subscriber, 1) == [1]
        first.close()
        outbox.append(alerts(2, 3))  # committed by a station that died before it could send them
        second = station(events=address, heartbeat_s=0.1)
        assert alerts_of(subscriber, 3) == [2, 3, 4]
        second.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
        assert alerts_of(subscriber, 1) == [5]
        assert subscriber.receive(0.3) is None


def test_while_control_is_away_alerts_still_come_and_the_rest_follows(station, inspect, outbox, alerts):
    with Control(address=ANY_PORT, station=Idle(), outbox=outbox) as gone:
        address = gone.address
    outbox.append(alerts(1, 2))
    publisher = station(heartbeat_s=0.1)
    with Subscriber(publisher.events, topics=("alert/",), control=address, since_seq=0) as subscriber:
        publisher.wait_for_subscribers(1, 5)
        publisher.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
        assert alerts_of(subscriber, 1) == [3]
        assert "no reply" in str(subscriber.replay_error)
        with Control(address=address, station=Idle(), outbox=outbox):
            assert alerts_of(subscriber, 2) == [1, 2]
        assert (subscriber.last_seq, subscriber.missed, subscriber.replay_error) == (3, 0, None)


def test_without_control_a_gap_is_counted_and_not_hidden(station, inspect, outbox, alerts):
    publisher = station(heartbeat_s=0.1)
    with Subscriber(publisher.events, topics=("alert/",), since_seq=0) as subscriber:
        publisher.wait_for_subscribers(1, 5)
        outbox.append(alerts(1, 2))
        publisher.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
        assert alerts_of(subscriber, 1) == [3]
        assert (subscriber.missed, subscriber.last_seq) == (2, 3)


def test_an_idle_station_is_alive_and_a_stopped_one_is_dead_after_three_beats(station):
    publisher = station(heartbeat_s=0.1)
    with Subscriber(publisher.events, topics=("alert/",), heartbeat_s=0.1) as subscriber:
        assert not subscriber.alive
        assert subscriber.receive(1.0) is None
        assert subscriber.alive
        publisher.close()
        stopped_s = time.monotonic()
        while subscriber.alive:
            subscriber.receive(0.02)
        assert time.monotonic() - stopped_s == pytest.approx(0.3, abs=0.2)


def test_heatmaps_come_as_raw_scores(station, inspect):
    publisher = station(picture=True)
    with Subscriber(publisher.events, topics=("alert/",), heatmaps=publisher.heatmaps) as subscriber:
        publisher.wait_for_subscribers(1, 5)
        heatmaps_are_read(publisher)
        publisher.publish(inspect(3, Verdict.ANOMALOUS, 5.0))
        came = [subscriber.receive(5), subscriber.receive(5)]
    heatmap = next(message for message in came if isinstance(message, Heatmap))
    assert (heatmap.header.frame_seq, heatmap.header.alert_seq, heatmap.scores.shape) == (3, 1, (24, 32))
    assert np.abs(heatmap.scores - inspect(3, score=5.0).anomaly_map).max() < 0.02
    assert heatmap.picture is not None


def test_what_another_program_sends_is_an_error_and_a_newer_kind_is_not(connect):
    stranger = zmq.Context.instance().socket(zmq.XPUB)
    port = stranger.bind_to_random_port("tcp://127.0.0.1")
    with Subscriber(f"tcp://127.0.0.1:{port}") as subscriber:
        stranger.recv()
        stranger.send_multipart([b"forecast/line-3/", b"{}"])
        assert subscriber.receive(0.3) is None and not subscriber.alive
        stranger.send_multipart([b"alert/line-3/top", b'{"kind": "alert"}'])
        with pytest.raises(BusError, match="not a message of edge-ad: alert.station: Field required"):
            subscriber.receive(5)
    stranger.close()


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1:99999"])
def test_an_address_that_cannot_be_understood_is_a_usage_error(address):
    with pytest.raises(UsageError, match="not an address"):
        Subscriber(address)
    with pytest.raises(UsageError, match="not an address"):
        Subscriber("tcp://127.0.0.1:1", heatmaps=address)


def test_alerts_that_left_the_disk_are_given_up_and_counted(station, tmp_path, alerts):
    outbox = Outbox(tmp_path)
    outbox.append(alerts(1, 5))
    outbox.close()
    with closing(sqlite3.connect(outbox.path)) as database:
        database.execute("DELETE FROM alerts WHERE seq <= 2")
        database.commit()
    outbox = Outbox(tmp_path)
    with Control(address=ANY_PORT, station=Idle(), outbox=outbox) as control:
        publisher = station(outbox=outbox, heartbeat_s=0.1)
        options = {"topics": ("alert/",), "control": control.address, "since_seq": 0}
        with Subscriber(publisher.events, **options) as subscriber:
            assert alerts_of(subscriber, 3) == [3, 4, 5]
            assert (subscriber.last_seq, subscriber.missed) == (5, 2)
        publisher.close()
    outbox.close()
