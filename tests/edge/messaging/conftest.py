"""A station's messaging on random loopback ports, and inspections to send through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import zmq

from edge.frame import Frame
from edge.messaging.alarm import Alarm
from edge.messaging.compose import Composer
from edge.messaging.messages import Alert
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.verdict import Inspection, Latency, ModelId, Region, Verdict

ANY_PORT = "tcp://127.0.0.1:0"
MODEL = ModelId(name="bottle", version="20261122T020500Z", sha256="ab" * 32)

Inspect = Callable[..., Inspection]


@pytest.fixture
def inspect() -> Inspect:
    def make(seq: int = 0, verdict: Verdict = Verdict.GOOD, score: float = 1.5, **changes: object) -> Inspection:
        ramp = np.linspace(0.0, np.nan_to_num(score, posinf=1.0, neginf=1.0), 24 * 32, dtype=np.float32).reshape(
            24, 32
        )
        pixels = np.full((48, 64, 3), 90, np.uint8)
        fields: dict[str, object] = {
            "frame": Frame(camera="top", seq=seq, pixels=pixels, captured_ns=0, picture=f"{seq:03}.png"),
            "model": MODEL,
            "verdict": verdict,
            "score": score,
            "threshold": 3.0,
            "percentile": 42.5,
            "good_parts": 40,
            "anomaly_map": ramp,
            "peak": (63, 47),
            "regions": (Region(x=1, y=2, width=3, height=4, area_px=9, score=score),),
            "latency": Latency(capture=0.25, preprocess=0.5, inference=2.0, postprocess=0.125),
            "device": "CPU",
        }
        return Inspection(**(fields | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    store = Outbox(tmp_path / "state")
    yield store
    store.close()


@pytest.fixture
def station(outbox: Outbox) -> Iterator[Callable[..., Publisher]]:
    """Starts publishers; each is closed, within its deadline, when the test ends."""
    running: list[Publisher] = []

    def start(**options: object) -> Publisher:
        given = {"station": "line-3", "outbox": outbox, "events": ANY_PORT, "heatmaps": ANY_PORT}
        running.append(Publisher(**(given | options)))  # type: ignore[arg-type]
        return running[-1]

    yield start
    for publisher in running:
        publisher.close()


def heatmaps_are_read(publisher: Publisher) -> None:
    """Waits for the first reader of heatmaps, whom ``wait_for_subscribers`` does not count."""
    assert publisher._announcer._readers.wait_for(1, 20)


@pytest.fixture
def connect() -> Iterator[Callable[..., zmq.Socket[bytes]]]:
    """Plain ZeroMQ sockets as a PLC or HMI author would open them; a read that lasts 5 s fails."""
    opened: list[zmq.Socket[bytes]] = []

    def open_socket(kind: int, address: str) -> zmq.Socket[bytes]:
        socket = zmq.Context.instance().socket(kind)
        socket.setsockopt(zmq.RCVTIMEO, 5000)
        socket.setsockopt(zmq.LINGER, 0)
        if kind == zmq.SUB:
            socket.setsockopt(zmq.SUBSCRIBE, b"")
        socket.connect(address)
        opened.append(socket)
        return socket

    yield open_socket
    for socket in opened:
        socket.close()


@pytest.fixture
def alerts(inspect: Inspect) -> Callable[[int, int], list[Alert]]:
    """Makes so many alerts, numbered from a start."""
    compose = Composer("line-3")

    def make(start: int, count: int) -> list[Alert]:
        cause = compose.result(inspect(start, Verdict.ANOMALOUS, 5.0))
        return [compose.alert(Alarm(f"alarm-{seq}", "raised", cause), seq) for seq in range(start, start + count)]

    return make
