"""A camera that is killed, freezes and comes back, again and again, before a running station."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from edge.messaging.heatmap import Heatmap
from edge.messaging.messages import Health, Message, Result
from edge.messaging.subscriber import Subscriber
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation, of_kind, read_until
from tests.faults.camera_server import CameraServer
from tests.faults.conftest import CYCLES, Report

BACK_LIMIT_S = 2.0
GROWTH_LIMIT_MB = 10.0
AWAY_S = (0.2, 0.2, 1.2, 0.2, 3.5)

pytestmark = pytest.mark.timeout(120 + 15 * CYCLES)


def test_frames_come_again_soon_each_loss_is_said_once_and_nothing_leaks(
    run_station: RunStation, camera: CameraServer, report: Report
) -> None:
    station = run_station("--camera", camera.url)
    said: list[Message] = []
    back_s: list[float] = []
    used: list[tuple[float, int, float, int]] = []
    with station.subscriber("") as reader:
        said += read_until(reader, lambda message: isinstance(message, Result))
        for cycle in range(CYCLES):
            said += fail_and_return(camera, reader, back_s, frozen=cycle % 2 == 1, away_s=AWAY_S[cycle % 5])
            said += streaming(reader, 0.5)
            used.append(use_of(station))
    first, last = used[min(1, CYCLES - 1)], used[-1]
    report(
        f"camera killed and frozen {CYCLES} times: frames again after at most {max(back_s):.2f} s "
        f"({BACK_LIMIT_S:g} s allowed), memory {last[0] - first[0]:+.1f} MB in the daemon and "
        f"{last[2] - first[2]:+.1f} MB in the capture process ({GROWTH_LIMIT_MB:g} MB allowed), "
        f"file descriptors {last[1] - first[1]:+d} and {last[3] - first[3]:+d}"
    )
    states = [health.state for health in of_kind(Health, said) if health.component == "camera"]
    assert states == ["failed", "ok"] * CYCLES
    assert [len(station.events(name)) for name in ("camera_lost", "camera_back")] == [CYCLES, CYCLES]
    assert max(back_s) < BACK_LIMIT_S
    assert last[0] - first[0] < GROWTH_LIMIT_MB and last[2] - first[2] < GROWTH_LIMIT_MB
    assert (last[1], last[3]) == (first[1], first[3])
    seqs = [result.frame_seq for result in of_kind(Result, said)]
    assert seqs == sorted(set(seqs))


def fail_and_return(
    camera: CameraServer, reader: Subscriber, back_s: list[float], *, frozen: bool, away_s: float
) -> list[Message]:
    """One incident; adds how long it took from the camera's return to the first verdict."""
    (camera.freeze if frozen else camera.kill)()
    said = read_until(reader, lambda message: isinstance(message, Health) and message.state == "failed")
    said += streaming(reader, away_s)
    (camera.thaw if frozen else camera.start)()
    begun_s = time.monotonic()
    said += read_until(reader, lambda message: isinstance(message, Result))
    back_s.append(time.monotonic() - begun_s)
    return said


def streaming(reader: Subscriber, for_s: float) -> list[Message]:
    """What is said in a length of time."""
    said: list[Message] = []
    end_s = time.monotonic() + for_s
    while (left_s := end_s - time.monotonic()) > 0:
        message = reader.receive(left_s)
        if message is not None:
            assert not isinstance(message, Heatmap)
            said.append(message)
    return said


def use_of(station: RunningStation) -> tuple[float, int, float, int]:
    """Resident megabytes and file descriptors of the daemon, and of its capture process."""
    (capture,) = station.captures()
    daemon_mb, capture_mb = (psutil.Process(pid).memory_info().rss / 1e6 for pid in (station.process.pid, capture))
    return daemon_mb, descriptors(station.process.pid), capture_mb, descriptors(capture)


def descriptors(pid: int) -> int:
    """Open file descriptors, without those that come with the first use of each of the ring's few slots."""
    links = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    return sum("edge-ad-frame" not in link for link in links)
