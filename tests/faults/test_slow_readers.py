"""Readers that are too slow, frozen or late: the station neither grows nor waits, and the others miss nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
FROZEN_S = 60.0 if LONG else 5.0
JOINERS = 100 if LONG else 5
MB = 1_000_000
PACE_S = 0.04
SLOW_S = 10 * PACE_S
PAIRS, WINDOW_S = 8, 10.0
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


@contextmanager
def bad_readers(*addresses: str) -> Iterator[None]:
    """One that is ten times too slow for the pace of the parts, and one that is frozen."""
    with ExitStack() as running:
        for pause_s in (SLOW_S, 0.0):
            reader = subprocess.Popen([sys.executable, "-c", READER, str(pause_s), *addresses])
            running.callback(reader.wait)
            running.callback(reader.kill)
        time.sleep(1.5)
        reader.send_signal(signal.SIGSTOP)
        yield


@pytest.mark.timeout(300)
def test_slow_and_frozen_readers_of_large_heatmaps_cost_the_station_and_others_nothing(
    publishing: Callable[..., Publishing], report: Report
) -> None:
    process, (events, heatmaps, control) = publishing(map_px=1000, pace_s=PACE_S)
    memory = psutil.Process(process.pid).memory_info
    other = Listener(events, control, heatmaps=heatmaps)
    try:
        time.sleep(2.0)
        before_mb = most_mb = memory().rss / MB
        with bad_readers(heatmaps, events):
            over_s = time.monotonic() + FROZEN_S
            while time.monotonic() < over_s:
                time.sleep(0.1)
                most_mb = max(most_mb, memory().rss / MB)
        heard = other.alerts
    finally:
        other.close()
    report(
        f"1 MB heatmaps, a reader ten times too slow and one frozen for {FROZEN_S:g} s: station grows by "
        f"{most_mb - before_mb:.1f} MB (50 MB allowed); {len(heard)} alerts at the third reader, "
        f"{heard[-1].seq - heard[0].seq + 1 - len(heard)} missed"
    )
    assert most_mb - before_mb < 50
    assert [alert.seq for alert in heard] == list(range(heard[0].seq, heard[-1].seq + 1))
    assert other.missed == 0


@pytest.mark.skipif(not LONG, reason="a p99 takes minutes")
@pytest.mark.timeout(600)
def test_inference_takes_as_long_beside_them(
    publishing: Callable[..., Publishing], tiny_bundle: Path, report: Report
) -> None:
    """In pairs, quiet and beside them, as what else a computer does changes both; a fault must be beyond doubt."""
    process, (events, heatmaps, _) = publishing(bundle=str(tiny_bundle), map_px=1000, pace_s=PACE_S)
    judged_ms(process, 4.0)
    ratios: dict[int, list[float]] = {50: [], 99: []}
    for _ in range(PAIRS):
        judged_ms(process, 2.0)
        quiet_ms = judged_ms(process, WINDOW_S)
        with bad_readers(heatmaps, events):
            judged_ms(process, 2.0)
            beside_ms = judged_ms(process, WINDOW_S)
        for share, found in ratios.items():
            found.append(float(np.percentile(beside_ms, share) / np.percentile(quiet_ms, share)))
    at_least, at_most = (sorted(ratios[99])[index] for index in (1, -2))
    report(
        f"inference beside a slow and a frozen reader of 1 MB heatmaps, {PAIRS} pairs of {WINDOW_S:g} s: p50 x "
        f"{median(ratios[50]):.3f}, p99 x {median(ratios[99]):.2f} ({at_least:.2f} to {at_most:.2f} with 93 % "
        f"confidence; a change of 10 % allowed)"
    )
    assert at_least < 1.10


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
