"""The publisher over real sockets on random loopback ports."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import zmq

from edge.errors import BusError, StoreError
from edge.frame import Frame
from edge.messaging.alarm_options import AlarmOptions
from edge.messaging.heatmap import decode
from edge.messaging.messages import Alert, HeatmapHeader, Result, read_message
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.verdict import Box, ModelId, Verdict
from tests.edge.messaging.conftest import heatmaps_are_read
from tests.edge.messaging.heard import next_of

ANY_PORT = "tcp://127.0.0.1:0"


def test_a_result_arrives_with_everything_the_inspector_said(station, connect, inspect):
    publisher = station()
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    returned = publisher.publish(inspect(7, part_id="A-1", late=True))
    topic, result = next_of(socket, "result")
    assert topic == "result/line-3/top"
    assert isinstance(result, Result)
    sent = result.model_dump(exclude={"time", "mono_ns", "boot_id", "model"}, mode="json")
    assert sent == {
        "schema": 1,
        "kind": "result",
        "station": "line-3",
        "camera": "top",
        "frame_seq": 7,
        "part_id": "A-1",
        "verdict": "good",
        "reason": "",
        "score": 1.5,
        "threshold": 3.0,
        "score_percentile": 42.5,
        "good_parts": 40,
        "peak": {"x": 63, "y": 47},
        "regions": [{"x": 1, "y": 2, "width": 3, "height": 4, "area_px": 9, "score": 1.5}],
        "latency_ms": {"capture": 0.25, "preprocess": 0.5, "inference": 2.0, "postprocess": 0.125, "total": 2.875},
        "device": "CPU",
        "late": True,
        "picture": "007.png",
    }
    assert result.boot_id == publisher.boot_id
    assert result == returned


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_null_and_unknown_even_if_called_good(station, connect, inspect, score):
    publisher = station()
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    publisher.publish(inspect(score=score, verdict=Verdict.GOOD))
    while True:
        topic, payload = socket.recv_multipart()
        if topic.startswith(b"result/"):
            break
    text = json.loads(payload, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
    assert (text["score"], text["verdict"], text["reason"]) == (None, "unknown", "the score is not finite")
    assert text["regions"] == [] and text["peak"] is None and text["score_percentile"] is None


def test_each_anomalous_part_raises_one_alert_that_is_on_disk_when_it_is_heard(station, connect, inspect, outbox):
    publisher = station()
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    for seq, verdict in enumerate([Verdict.ANOMALOUS, Verdict.GOOD, Verdict.UNKNOWN, Verdict.ANOMALOUS]):
        publisher.publish(inspect(seq, verdict, 5.0))
    heard = []
    for seq in (1, 2):
        _, alert = next_of(socket, "alert")
        assert isinstance(alert, Alert)
        assert [json.loads(text)["alert_id"] for text in outbox.since(seq - 1, 1)] == [alert.alert_id]
        heard.append(alert)
    assert [(a.seq, a.result.frame_seq, a.state, a.durable) for a in heard] == [
        (1, 0, "raised", True),
        (2, 3, "raised", True),
    ]
    assert heard[0].alert_id != heard[1].alert_id


def test_an_alert_that_cannot_be_committed_is_not_announced_and_ends_the_station(tmp_path, connect, inspect):
    outbox = Outbox(tmp_path)
    publisher = Publisher(station="s", outbox=outbox, events=ANY_PORT, heatmaps=ANY_PORT)
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    outbox.close()
    publisher.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
    with pytest.raises(StoreError, match=str(tmp_path)):
        for seq in range(1, 200):
            publisher.publish(inspect(seq))
            time.sleep(0.01)
    with pytest.raises(StoreError):
        publisher.close()
    kinds = set()
    socket.setsockopt(zmq.RCVTIMEO, 300)
    with pytest.raises(zmq.Again):
        while True:
            kinds.add(socket.recv_multipart()[0].split(b"/")[0])
    assert b"alert" not in kinds and b"result" in kinds


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_that_nobody_foresaw_does_not_look_like_a_good_end(inspect, outbox):
    addresses = {"events": ANY_PORT, "heatmaps": ANY_PORT}
    publisher = Publisher(station="s", outbox=outbox, **addresses, pulse=lambda: 1 / 0)
    deadline_s = time.monotonic() + 5
    while publisher.alive:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    with pytest.raises(BusError, match="the heartbeats broke off; its traceback"):
        publisher.publish(inspect())
    with pytest.raises(BusError, match="the heartbeats broke off"):
        publisher.close()


def test_a_result_waits_for_no_commit_of_an_alert_before_it(station, connect, inspect, outbox, monkeypatch):
    keep = outbox.keep

    def slow_disk(alerts):
        time.sleep(0.5)
        return keep(alerts)

    monkeypatch.setattr(outbox, "keep", slow_disk)
    publisher = station()
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    began_s = time.monotonic()
    for seq in range(1, 6):
        publisher.publish(inspect(seq, Verdict.ANOMALOUS, 5.0))
        assert next_of(socket, "result")[1].frame_seq == seq
    publisher.health("camera", "failed", "unplugged", camera="top")
    next_of(socket, "health")
    assert time.monotonic() - began_s < 0.4
    assert next_of(socket, "alert")[1].seq == 1
    assert time.monotonic() - began_s >= 0.5


def test_several_cameras_at_once_lose_and_mix_up_nothing(station, connect, inspect, outbox):
    publisher = station(alarm=AlarmOptions(anomalous=2, of=2), heartbeat_s=0.2)
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    pixels = np.zeros((4, 4, 3), np.uint8)

    def camera(name: str) -> None:
        for seq in range(200):
            frame = Frame(camera=name, seq=seq, pixels=pixels, captured_ns=0)
            publisher.publish(inspect(frame=frame, verdict=Verdict.ANOMALOUS, anomaly_map=None))

    names = ["top", "side", "rear", "front"]
    with ThreadPoolExecutor(4) as cameras:
        list(cameras.map(camera, names))
    results: dict[str, list[int]] = {name: [] for name in names}
    causes: dict[str, list[int]] = {name: [] for name in names}
    while sum(map(len, results.values())) < 800 or sum(map(len, causes.values())) < 400:
        message = read_message(socket.recv_multipart()[1])
        if isinstance(message, Result):
            results[message.camera].append(message.frame_seq)
        elif isinstance(message, Alert):
            causes[message.camera].append(message.result.frame_seq)
    assert results == dict.fromkeys(names, list(range(200)))
    assert causes == dict.fromkeys(names, list(range(1, 200, 2)))
    assert outbox.last_seq == 400
    while next_of(socket, "heartbeat")[1].frames != 800:
        pass


def test_an_alarm_that_is_cleared_says_so_under_its_own_id_once_it_is_on_disk(station, connect, inspect, outbox):
    publisher = station(alarm=AlarmOptions(anomalous=2, of=3, clear_after_good=2))
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    line = [Verdict.ANOMALOUS, Verdict.GOOD, Verdict.ANOMALOUS, Verdict.ANOMALOUS, Verdict.GOOD, Verdict.GOOD]
    for seq, verdict in enumerate(line):
        publisher.publish(inspect(seq, verdict, 5.0))
    raised, cleared = next_of(socket, "alert")[1], next_of(socket, "alert")[1]
    assert isinstance(raised, Alert) and isinstance(cleared, Alert)
    assert (raised.seq, raised.state, raised.result.frame_seq) == (1, "raised", 2)
    assert (cleared.seq, cleared.state, cleared.result.frame_seq) == (2, "cleared", 5)
    assert cleared.alert_id == raised.alert_id
    assert [json.loads(text)["state"] for text in outbox.since(0, 10)] == ["raised", "cleared"]


def test_an_alarm_outlives_the_station_and_is_cleared_by_its_next_start(station, connect, inspect, outbox):
    before = station(alarm=AlarmOptions(clear_after_good=2))
    side = Frame(camera="side", seq=0, pixels=np.zeros((4, 4, 3), np.uint8), captured_ns=0)
    before.publish(inspect(0, Verdict.ANOMALOUS, 5.0))
    before.publish(inspect(frame=side, verdict=Verdict.ANOMALOUS, score=5.0))
    before.publish(inspect(frame=side))
    before.publish(inspect(frame=side))
    before.close()
    after = station(alarm=AlarmOptions(clear_after_good=2))
    socket = connect(zmq.SUB, after.events)
    after.wait_for_subscribers(1, 5)
    for seq, verdict in enumerate([Verdict.ANOMALOUS, Verdict.GOOD, Verdict.GOOD, Verdict.ANOMALOUS]):
        after.publish(inspect(seq, verdict, 5.0))
        after.publish(inspect(frame=side))
    cleared, anew = next_of(socket, "alert")[1], next_of(socket, "alert")[1]
    assert isinstance(cleared, Alert) and isinstance(anew, Alert)
    first = json.loads(outbox.since(0, 1)[0])
    assert (cleared.seq, cleared.state, cleared.alert_id) == (4, "cleared", first["alert_id"])
    assert (anew.seq, anew.state, anew.camera) == (5, "raised", "top")
    assert cleared.boot_id != first["boot_id"]


def test_each_result_names_the_model_that_judged_it(station, connect, inspect):
    publisher = station()
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    models = [ModelId("bottle", "1", "ab" * 32), ModelId("cap", "7", "cd" * 32)]
    for model in models * 2:
        publisher.publish(inspect(model=model))
    named = [next_of(socket, "result")[1].model for _ in range(4)]
    assert [(m.name, m.version, m.sha256) for m in named] == [(m.name, m.version, m.sha256) for m in models] * 2


def test_alerts_that_wait_together_share_one_commit(station, connect, inspect, outbox, monkeypatch):
    sizes = []
    keep = outbox.keep

    def slow_disk(alerts):
        time.sleep(0.05)
        sizes.append(len(alerts))
        return keep(alerts)

    monkeypatch.setattr(outbox, "keep", slow_disk)
    publisher = station()
    for seq in range(60):
        publisher.publish(inspect(seq, Verdict.ANOMALOUS, 5.0))
    publisher.close()
    assert sum(sizes) == outbox.last_seq == 60
    assert len(sizes) <= 5


def test_close_sends_what_waits_and_says_that_the_station_stops(station, connect, inspect):
    publisher = station()
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    for seq in range(300):
        publisher.publish(inspect(seq, Verdict.ANOMALOUS if seq % 3 == 0 else Verdict.GOOD, 5.0))
    began_s = time.monotonic()
    publisher.close()
    assert time.monotonic() - began_s < 0.5
    kinds: Counter[str] = Counter()
    while True:
        topic, payload = socket.recv_multipart()
        kinds[topic.split(b"/")[0].decode()] += 1
        if topic.startswith(b"heartbeat/") and json.loads(payload)["state"] == "stopping":
            break
    assert (kinds["result"], kinds["alert"]) == (300, 100)
    with pytest.raises(BusError, match="closed"):
        publisher.publish(inspect())


def test_nobody_and_a_reader_that_never_reads_do_not_hold_up_the_inspector(station, connect, inspect):
    publisher = station(heatmaps_of="all", picture=True)
    asleep = connect(zmq.SUB, publisher.events), connect(zmq.SUB, publisher.heatmaps)
    publisher.wait_for_subscribers(1, 5)
    slowest_s = 0.0
    for seq in range(3000):
        began_s = time.monotonic()
        publisher.publish(inspect(seq, anomaly_map=np.ones((256, 256), np.float32)))
        slowest_s = max(slowest_s, time.monotonic() - began_s)
    assert slowest_s < 0.5
    awake = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(2, 5)
    publisher.publish(inspect(9999))
    while next_of(awake, "result")[1].frame_seq != 9999:
        pass
    assert all(not socket.closed for socket in asleep)


@pytest.mark.parametrize(("encoding", "error"), [("u8", 5.0 / 255), ("png", 5.0 / 255), ("f16", 0.003)])
def test_a_heatmap_gives_the_raw_scores_back(station, connect, inspect, encoding, error):
    publisher = station(encoding=encoding, picture=True)
    events, heatmaps = connect(zmq.SUB, publisher.events), connect(zmq.SUB, publisher.heatmaps)
    publisher.wait_for_subscribers(1, 5)
    heatmaps_are_read(publisher)
    inspection = inspect(3, Verdict.ANOMALOUS, 5.0)
    publisher.publish(inspect(2))
    publisher.publish(inspection)
    topic, header_text, data, jpeg = heatmaps.recv_multipart()
    header = read_message(header_text)
    assert topic == b"heatmap/line-3/top" and isinstance(header, HeatmapHeader)
    assert (header.frame_seq, header.alert_seq) == (3, next_of(events, "alert")[1].seq)
    assert header.frame_box.model_dump() == {"x": 0, "y": 0, "width": 64, "height": 48}
    publisher.publish(inspect(4, Verdict.ANOMALOUS, 5.0, box=Box(x=8, y=4, width=32, height=24)))
    assert json.loads(heatmaps.recv_multipart()[1])["frame_box"] == {"x": 8, "y": 4, "width": 32, "height": 24}
    assert np.abs(decode(header, data) - inspection.anomaly_map).max() <= error
    assert jpeg[:2] == b"\xff\xd8"


def test_a_map_that_is_not_finite_is_not_sent_and_blocks_no_later_one(station, connect, inspect):
    publisher = station(heatmaps_of="all")
    heatmaps = connect(zmq.SUB, publisher.heatmaps)
    heatmaps_are_read(publisher)
    for seq in range(8):
        publisher.publish(inspect(seq, anomaly_map=np.full((8, 8), np.nan, np.float32)))
        time.sleep(0.01)
    publisher.publish(inspect(8))
    assert json.loads(heatmaps.recv_multipart()[1])["frame_seq"] == 8


def test_health_is_sent_when_it_changes_and_only_then(station, connect):
    publisher = station()
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    publisher.health("camera", "ok", camera="top")
    publisher.health("camera", "ok", camera="top")
    publisher.health("camera", "failed", "unplugged", camera="top")
    publisher.health("camera", "failed", "no such device", camera="top")
    publisher.health("disk", "ok")
    seen = [next_of(socket, "health") for _ in range(4)]
    assert [(t, h.state, h.reason) for t, h in seen] == [
        ("health/line-3/top", "ok", ""),
        ("health/line-3/top", "failed", "unplugged"),
        ("health/line-3/top", "failed", "no such device"),
        ("health/line-3/", "ok", ""),
    ]
    assert seen[1][1].since == seen[2][1].since > seen[0][1].since
    assert [h.component for h in publisher.health_now] == ["camera", "disk"]


def test_readiness_for_a_trigger_is_a_change_of_health_too(station, connect):
    publisher = station()
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    for trigger in ("not_ready", "ready", "ready", "busy", "ready"):
        publisher.health("camera", "ok", camera="top", trigger=trigger)
    publisher.health("disk", "ok")
    seen = [next_of(socket, "health")[1] for _ in range(5)]
    assert [h.trigger for h in seen] == ["not_ready", "ready", "busy", "ready", None]
    assert seen[0].since == seen[3].since
    assert [h.trigger for h in publisher.health_now] == ["ready", None]
