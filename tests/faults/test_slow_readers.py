"""Readers that are too slow, frozen or late: the station neither grows nor waits, and the others miss nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import numpy as np
import psutil
import pytest

from edge.messaging.messages import Alert
from edge.messaging.subscriber import Subscriber
from tests.faults.camera_server import ROOT
from tests.faults.conftest import CYCLES, Report
from tests.faults.listening import Listener

LONG = CYCLES >= 50
FROZEN_S = 60.0 if LONG else 6.0
JOINERS = 100 if LONG else 5
MB = 1_000_000
READER = """
import sys, time
import zmq
socket = zmq.Context().socket(zmq.SUB)
socket.subscribe("")
for address in sys.argv[2:]:
    socket.connect(address)
while True:
    socket.recv_multipart()
    time.sleep(float(sys.argv[1]))
"""
Publishing = tuple[subprocess.Popen[str], list[str]]


@pytest.fixture
def publishing(tmp_path: Path) -> Iterator[Callable[..., Publishing]]:
    """Starts stations without a camera; returns the process and its addresses."""
    running: list[subprocess.Popen[str]] = []

    def start(**options: object) -> Publishing:
        given = json.dumps({"state": str(tmp_path / "state"), **options})
        command = [sys.executable, "-m", "tests.faults.publishing", given]
        running.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        assert running[-1].stdout is not None
        return running[-1], json.loads(running[-1].stdout.readline())

    yield start
    for process in running:
        process.kill()
        process.communicate()


def judged_ms(process: subprocess.Popen[str], seconds: float) -> list[float]:
    """Milliseconds of each inference that is told within so many seconds."""
    assert process.stdout is not None
    times: list[float] = []
    over_s = time.monotonic() + seconds
    while time.monotonic() < over_s:
        times += json.loads(process.stdout.readline())
    return times


@pytest.mark.timeout(300)
def test_slow_and_frozen_readers_of_large_heatmaps_cost_the_station_and_others_nothing(
    publishing: Callable[..., Publishing], tiny_bundle: Path, report: Report
) -> None:
    process, (events, heatmaps, control) = publishing(bundle=str(tiny_bundle), map_px=1000, pace_s=0.04)
    memory = psutil.Process(process.pid).memory_info
    other = Listener(events, control, heatmaps=heatmaps)
    readers: list[subprocess.Popen[bytes]] = []
    try:
        judged_ms(process, 2.0)
        quiet_ms, before_mb = judged_ms(process, max(4.0, FROZEN_S / 3)), memory().rss / MB
        for pause_s in (0.4, 0.0):  # ten times the pace of the parts; and one that is frozen
            command = [sys.executable, "-c", READER, str(pause_s), heatmaps, events]
            readers.append(subprocess.Popen(command))
        time.sleep(1.5)
        readers[1].send_signal(signal.SIGSTOP)
        faulty_ms, most_mb = [], 0.0
        over_s = time.monotonic() + FROZEN_S
        while time.monotonic() < over_s:
            faulty_ms += judged_ms(process, 0.0) or judged_ms(process, 0.1)
            most_mb = max(most_mb, memory().rss / MB)
        heard = other.alerts
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()
        other.close()
    p99 = [float(np.percentile(times, 99)) for times in (quiet_ms, faulty_ms)]
    p50 = [median(times) for times in (quiet_ms, faulty_ms)]
    report(
        f"1 MB heatmaps, a reader ten times too slow and one frozen for {FROZEN_S:g} s: station grows by "
        f"{most_mb - before_mb:.1f} MB; inference p50 {p50[0]:.2f} -> {p50[1]:.2f} ms, p99 {p99[0]:.2f} -> "
        f"{p99[1]:.2f} ms; {len(heard)} alerts at the third reader, "
        f"{heard[-1].seq - heard[0].seq + 1 - len(heard)} missed"
    )
    assert most_mb - before_mb < 50
    assert [alert.seq for alert in heard] == list(range(heard[0].seq, heard[-1].seq + 1))
    assert other.missed == 0


@pytest.mark.timeout(300)
def test_each_late_reader_is_whole_within_half_a_second(
    publishing: Callable[..., Publishing], report: Report
) -> None:
    _, (events, _, control) = publishing(pace_s=0.02)
    took_ms: list[float] = []
    began_s = time.monotonic()
    last = 0
    for _ in range(JOINERS):
        began_s = time.monotonic()
        with Subscriber(events, topics=("alert/",), control=control, since_seq=last) as reader:
            seqs = []
            while len(seqs) < 12 or not reader.alive:
                message = reader.receive(2)
                assert isinstance(message, Alert)
                if not seqs:
                    took_ms.append((time.monotonic() - began_s) * 1000)
                seqs.append(message.seq)
            assert seqs == list(range(last + 1, last + 1 + len(seqs)))
            assert (reader.missed, reader.replay_error) == (0, None)
            assert reader.status["health"] == []
        last = seqs[-1]
    report(
        f"{JOINERS} late readers: state and first missed alert after p50 {median(took_ms):.0f} ms, longest "
        f"{max(took_ms):.0f} ms; every number from the first to the live ones once"
    )
    assert max(took_ms) < 500
