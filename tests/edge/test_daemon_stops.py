"""SIGTERM and SIGINT at every stage of a station's life: a clean end in under a second."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zmq

from tests.edge.cameras.capturing import gone, wait_for
from tests.edge.cameras.mjpeg_server import MjpegServer
from tests.edge.command_line import SIGNALLED_AT_IMPORT
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation

LIMIT_S = 1.0
ADDRESSES = ("events", "heatmaps", "control")

Stage = Callable[[RunStation, MjpegServer, Path], RunningStation]


@pytest.fixture
def camera() -> Iterator[MjpegServer]:
    with MjpegServer() as server:
        yield server


def judging(run_station: RunStation, camera: MjpegServer, pictures: Path) -> RunningStation:
    station = run_station("--camera", str(pictures), "--loop")
    with station.subscriber("result/") as reader:
        assert reader.receive(10) is not None
    return station


def waiting_for_readers(run_station: RunStation, camera: MjpegServer, pictures: Path) -> RunningStation:
    station = run_station("--camera", str(pictures), "--wait-for-subscribers", "1")
    station.event("started")
    return station


def opening_a_mute_camera(run_station: RunStation, camera: MjpegServer, pictures: Path) -> RunningStation:
    camera.mute.set()
    station = run_station("--camera", camera.url)
    deadline_s = time.monotonic() + 20
    while not camera.clients and time.monotonic() < deadline_s:
        time.sleep(0.02)
    assert camera.clients and station.events("started") == []
    return station


def reading_a_camera_that_hangs(run_station: RunStation, camera: MjpegServer, pictures: Path) -> RunningStation:
    station = run_station("--camera", camera.url)
    station.event("started")
    camera.mute.set()
    time.sleep(0.3)
    return station


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        (judging, signal.SIGTERM),
        (judging, signal.SIGINT),
        (waiting_for_readers, signal.SIGTERM),
        (opening_a_mute_camera, signal.SIGINT),
        (reading_a_camera_that_hangs, signal.SIGTERM),
    ],
)
def test_a_signal_ends_it_cleanly_in_under_a_second(
    stage: Stage, number: signal.Signals, run_station: RunStation, camera: MjpegServer, mixed_folder: Path
) -> None:
    station = stage(run_station, camera, mixed_folder)
    (capture,) = station.captures()
    for process in (station.process.pid, capture):  # memory without a name cannot be left behind
        assert "/dev/shm/" not in Path(f"/proc/{process}/maps").read_text()
    took_s = station.signal(number)
    assert (station.process.returncode, station.other_lines) == (0, [])
    assert took_s < LIMIT_S
    assert not Path(f"/proc/{capture}").exists()
    started = station.event("started")
    for address in (started[name] for name in ADDRESSES):
        with zmq.Context.instance().socket(zmq.PUB) as socket:
            socket.bind(address)
    assert station.event("stopped")["judged"] >= 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_loads_is_neither_lost_nor_a_traceback(
    number: signal.Signals, run_station: RunStation, mixed_folder: Path
) -> None:
    program = (sys.executable, "-c", SIGNALLED_AT_IMPORT, "openvino", str(int(number)))
    station = run_station("--camera", str(mixed_folder), "--loop", program=program)
    assert station.wait() == 0
    assert (station.log, station.other_lines) == ([], [])


def test_a_killed_station_leaves_no_capture_process(run_station: RunStation, mixed_folder: Path) -> None:
    station = run_station("--camera", str(mixed_folder), "--loop")
    station.event("started")
    (capture,) = station.captures()
    station.signal(signal.SIGKILL)
    wait_for(lambda: gone(capture))
