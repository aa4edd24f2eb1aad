"""Peers that send rubbish, begin handshakes without end, or ask what makes no sense."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import zmq

from edge.messaging.alarm import Alarm
from edge.messaging.asking import Asker
from edge.messaging.compose import Composer
from edge.messaging.messages import Heartbeat
from edge.messaging.outbox import Outbox
from edge.messaging.replies import ErrorCode
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation, read_until
from tests.faults.camera_server import ROOT
from tests.faults.conftest import CYCLES, Report
from tests.faults.publishing import part
from tests.faults.secured import connected, half_open, key_folder, malformed, resident_mb, run_secured

COUNT = 20 * CYCLES  # 1,000 in the long form
GROWTH_LIMIT_MB = 10.0
REPLIES_LIMIT_MB = 20.0  # 100 replies of 128 KiB wait for a client at most
SEED = 20261122
SOCKETS = ("events", "heatmaps", "control")

pytestmark = pytest.mark.timeout(120 + 3 * CYCLES)


@pytest.mark.parametrize("secured", [True, False], ids=["with keys", "without keys"])
def test_streams_of_rubbish_and_handshakes_without_end_cost_nothing(
    run_station: RunStation, tmp_path: Path, tiny_dataset: Path, report: Report, secured: bool
) -> None:
    if secured:
        key_folder(tmp_path, "good")
        station = run_secured(run_station, tmp_path, tiny_dataset / "test" / "blob")
    else:
        station = run_station("--camera", str(tiny_dataset / "test" / "blob"), "--fps", "5", "--loop")
    started = station.event("started")
    keys = tmp_path / "good.key" if secured else None
    assault(started, 60, random.Random(1))  # noqa: S311 - memory that comes once with the first peers
    settle(station, keys)
    before_mb = resident_mb(station.process.pid)
    assault(started, COUNT, random.Random(SEED))  # noqa: S311
    answered_s = settle(station, keys)
    grown_mb = resident_mb(station.process.pid) - before_mb
    report(
        f"{COUNT} malformed streams and {COUNT} half-open handshakes {'with' if secured else 'without'} keys: "
        f"answered after {answered_s:.2f} s, memory {grown_mb:+.1f} MB ({GROWTH_LIMIT_MB:g} MB allowed)"
    )
    assert grown_mb < GROWTH_LIMIT_MB
    assert station.process.poll() is None and station.other_lines == []


def assault(started: dict[str, str], count: int, chance: random.Random) -> None:
    """So many malformed streams, each on a connection of its own, and as many handshakes half open at once."""
    for number, stream in enumerate(islice(malformed(chance), count)):
        with connected(started[SOCKETS[number % 3]]) as peer:
            try:
                peer.sendall(stream)
                peer.settimeout(0.01)
                peer.recv(1)
            except OSError:  # thrown out, or left without an answer
                continue
    share = count // 3 + 1
    with (
        half_open(started["events"], share, chance),
        half_open(started["heatmaps"], share, chance),
        half_open(started["control"], share, chance),
    ):
        time.sleep(0.2)


def settle(station: RunningStation, keys: Path | None) -> float:
    """Waits until the station serves a good client on events and control; returns how long it took."""
    began_s = time.monotonic()
    started = station.event("started")
    with closing(Asker(started["control"], keys=keys)) as asker:
        assert asker.ask("status", timeout_s=5)["ok"]
    with station.subscriber("heartbeat/", keys=keys) as reader:
        read_until(reader, lambda message: isinstance(message, Heartbeat))
    took_s = time.monotonic() - began_s
    time.sleep(2.5)  # handshakes that nobody finishes are given up after 2 s
    return took_s


def test_each_malformed_request_gets_its_typed_error(
    run_station: RunStation, tiny_dataset: Path, report: Report
) -> None:
    station = run_station("--camera", str(tiny_dataset / "test" / "blob"), "--fps", "5", "--loop")
    chance = random.Random(SEED)  # noqa: S311
    codes: dict[str, int] = {}
    spent_ms: list[float] = []
    with zmq.Context.instance().socket(zmq.DEALER) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(station.event("started")["control"])
        for request in (broken_request(chance) for _ in range(COUNT)):
            began_s = time.monotonic()
            socket.send(request)
            assert socket.poll(5000), request
            reply = json.loads(socket.recv())
            spent_ms.append((time.monotonic() - began_s) * 1e3)
            assert reply["ok"] is False, request
            codes[reply["error"]["code"]] = codes.get(reply["error"]["code"], 0) + 1
    p99_ms = sorted(spent_ms)[int(0.99 * len(spent_ms))]
    report(f"{COUNT} malformed requests: {COUNT} typed errors {codes}, p99 {p99_ms:.1f} ms")
    assert sum(codes.values()) == COUNT and set(codes) <= set(ErrorCode.__args__)  # type: ignore[attr-defined]
    assert station.other_lines == [] and station.process.poll() is None


def test_a_client_that_asks_and_never_reads_costs_next_to_nothing(tmp_path: Path, report: Report) -> None:
    cause = Composer("line-3").result(part(0, np.zeros((32, 32), np.float32)))
    with closing(Outbox(tmp_path)) as outbox:
        alerts = [Composer("line-3").alert(Alarm(f"alarm-{seq}", "raised", cause), seq) for seq in range(1, 1001)]
        outbox.append(alerts)
    command = [sys.executable, "-m", "tests.faults.publishing", json.dumps({"state": str(tmp_path), "pace_s": 1})]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as station:
        try:
            assert station.stdout is not None
            control = json.loads(station.stdout.readline())[2]
            before_mb = resident_mb(station.pid)
            with zmq.Context.instance().socket(zmq.DEALER) as greedy, closing(Asker(control)) as asker:
                greedy.setsockopt(zmq.RCVHWM, 1)
                greedy.setsockopt(zmq.RCVBUF, 4096)
                greedy.setsockopt(zmq.LINGER, 0)
                greedy.connect(control)
                for number in range(5 * COUNT):
                    greedy.send(b'{"id": %d, "command": "replay", "since_seq": 0, "limit": 1000}' % number)
                    if number % 50 == 0:
                        asker.ask("status", timeout_s=5)
                grown_mb = resident_mb(station.pid) - before_mb
        finally:
            station.kill()
    report(
        f"{5 * COUNT} replays asked for and not read: memory {grown_mb:+.1f} MB ({REPLIES_LIMIT_MB:g} MB allowed)"
    )
    assert grown_mb < REPLIES_LIMIT_MB


def broken_request(chance: random.Random) -> bytes:
    """A request that was right until something happened to it."""
    fields: dict[str, object] = {"id": chance.randrange(10**6), "command": "replay", "since_seq": 0, "limit": 10}
    match chance.randrange(4):
        case 0:
            whole = json.dumps(fields).encode()
            return whole[: chance.randrange(1, len(whole))]
        case 1:
            return json.dumps(fields).encode() + chance.randbytes(chance.randrange(1, 50)) + b"{"
        case 2:
            wrong = chance.choice([None, -1, 1.5, "0", [], {}, True, 2**70])
            return json.dumps(fields | {chance.choice(["id", "limit"]): [wrong], "since_seq": wrong}).encode()
        case _:
            return chance.randbytes(chance.randrange(1, 200))
