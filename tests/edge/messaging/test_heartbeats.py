"""Heartbeats of a publisher over real sockets: they tell a station that lives from one that hangs."""

from __future__ import annotations

import threading
import time

import pytest
import zmq

from edge.messaging import announcer
from edge.messaging.tally import Pulse
from edge.verdict import Verdict
from tests.edge.messaging.heard import next_of


def test_heartbeats_go_on_while_a_write_hangs_and_health_says_so(station, connect, inspect, outbox, monkeypatch):
    keep, written = outbox.keep, threading.Event()

    def hanging_disk(alerts):
        assert written.wait(20)
        return keep(alerts)

    monkeypatch.setattr(outbox, "keep", hanging_disk)
    monkeypatch.setattr(announcer, "SLOW_WRITE_S", 0.3)
    publisher = station(heartbeat_s=0.05)
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    publisher.publish(inspect(1, Verdict.ANOMALOUS, 5.0))
    _, health = next_of(socket, "health")
    assert (health.component, health.state) == ("disk", "degraded")
    assert health.reason == "alerts wait: a write has taken more than 0.3 s"
    for _ in range(10):
        assert next_of(socket, "heartbeat")[1].last_alert_seq == 0
    written.set()
    assert next_of(socket, "alert")[1].durable
    assert next_of(socket, "health")[1].state == "ok"


def test_heartbeats_stop_while_alerts_hang_for_another_reason(station, connect, inspect, monkeypatch):
    send, free = announcer.Announcer._send_heatmap, threading.Event()

    def hanging(*given):
        assert free.wait(20)
        return send(*given)

    monkeypatch.setattr(announcer.Announcer, "_send_heatmap", hanging)
    publisher = station(heartbeat_s=0.05)
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    publisher.publish(inspect(1, Verdict.ANOMALOUS, 5.0))
    next_of(socket, "alert")
    socket.setsockopt(zmq.RCVTIMEO, 400)
    with pytest.raises(zmq.Again):
        for _ in range(20):
            next_of(socket, "heartbeat")
    free.set()
    assert next_of(socket, "heartbeat")


def test_heartbeats_come_once_per_interval_and_count(station, connect, inspect):
    publisher = station(heartbeat_s=0.1, pulse=lambda: Pulse("paused", dropped=9))
    socket = connect(zmq.SUB, publisher.events)
    publisher.wait_for_subscribers(1, 5)
    for verdict in (Verdict.GOOD, Verdict.ANOMALOUS, Verdict.GOOD, Verdict.UNKNOWN):
        publisher.publish(inspect(verdict=verdict, score=5.0))
    beats, came_s = [], []
    while len(beats) < 11:
        beats.append(next_of(socket, "heartbeat")[1])
        came_s.append(time.monotonic())
    assert came_s[-1] - came_s[0] == pytest.approx(1.0, abs=0.35)
    last = beats[-1]
    assert (last.frames, last.dropped, last.state, last.last_alert_seq) == (4, 9, "paused", 1)
    assert last.verdicts.model_dump() == {"good": 2, "anomalous": 1, "unknown": 1}
    assert last.camera is None and last.fps == 0.0
    assert max(beat.fps for beat in beats) > 10
