"""What a station costs while its camera is away."""

from __future__ import annotations

import time

import psutil
import pytest

from edge.messaging.messages import Health
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation, read_until
from tests.faults.camera_server import CameraServer
from tests.faults.conftest import CYCLES, Report

LIMIT = 0.05  # of one core
MEASURED_S = 5.0 if CYCLES > 5 else 3.0


def cpu_s(station: RunningStation) -> dict[int, float]:
    """Processor seconds that the daemon and each of its processes have used."""
    daemon = psutil.Process(station.process.pid)
    used = {}
    for process in (daemon, *daemon.children(recursive=True)):
        times = process.cpu_times()
        used[process.pid] = times.user + times.system
    return used


@pytest.mark.parametrize("how", ["kill", "freeze"])
def test_an_absent_camera_costs_next_to_nothing(
    how: str, run_station: RunStation, camera: CameraServer, report: Report
) -> None:
    station = run_station("--camera", camera.url)
    with station.subscriber("health") as reader:
        station.event("started")
        getattr(camera, how)()
        read_until(reader, lambda message: isinstance(message, Health) and message.state == "failed")
    time.sleep(0.5)
    before, begun_s = cpu_s(station), time.monotonic()
    time.sleep(MEASURED_S)
    after, took_s = cpu_s(station), time.monotonic() - begun_s
    assert len(after) == 3 and after.keys() == before.keys(), "daemon, fork server, capture process"
    shares = {pid: (after[pid] - before[pid]) / took_s for pid in after}
    share = sum(shares.values())
    report(
        f"camera absent ({how}): {share:.1%} of a core ({LIMIT:.0%} allowed), "
        f"{shares[station.process.pid]:.1%} of it in the daemon"
    )
    assert share < LIMIT
