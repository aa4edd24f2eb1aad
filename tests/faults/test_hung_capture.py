"""A capture process that hangs in its driver, beside one that does not."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil

from edge.messaging.messages import Health, Message, Result
from tests.edge.cameras.capturing import gone
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation, of_kind, read_until
from tests.faults.camera_server import CameraServer
from tests.faults.conftest import Report

REPLACED_LIMIT_S = 3.0
STATION = """
[[cameras]]
name = "hangs"
source = "{url}"

[[cameras]]
name = "goes-on"
source = "{folder}"
mode = "hardware"
fps = 15
loop = true
"""


def result_of(camera: str, after: int = -1) -> object:
    return lambda message: isinstance(message, Result) and message.camera == camera and message.frame_seq > after


def reader_of_the_network(station: RunningStation) -> int:
    """The capture process that is connected to a camera."""
    (pid,) = [pid for pid in station.captures() if psutil.Process(pid).net_connections(kind="tcp")]
    return pid


def test_it_is_replaced_in_time_and_the_other_camera_misses_no_frame(
    run_station: RunStation, camera: CameraServer, tiny_dataset: Path, tmp_path: Path, report: Report
) -> None:
    file = tmp_path / "station.toml"
    file.write_text(STATION.format(url=camera.url, folder=tiny_dataset / "test" / "good"))
    station = run_station("--config", str(file))
    with station.subscriber("") as reader:
        said: list[Message] = []
        for name in ("hangs", "goes-on", "hangs"):
            said += read_until(reader, result_of(name))
        hung = reader_of_the_network(station)
        os.kill(hung, signal.SIGSTOP)
        begun_s = time.monotonic()
        said += read_until(reader, lambda message: isinstance(message, Health) and message.state == "failed")
        seen_s = time.monotonic() - begun_s
        said += read_until(reader, lambda message: isinstance(message, Health) and message.state == "ok")
        said += read_until(reader, result_of("hangs"))
        replaced_s = time.monotonic() - begun_s
        said += read_until(reader, result_of("goes-on"))
    report(
        f"hung capture process: seen after {seen_s:.2f} s, verdicts again after {replaced_s:.2f} s "
        f"({REPLACED_LIMIT_S:g} s allowed)"
    )
    assert gone(hung)
    assert replaced_s < REPLACED_LIMIT_S
    assert [(health.camera, health.state) for health in of_kind(Health, said) if health.component == "camera"] == [
        ("hangs", "failed"),
        ("hangs", "ok"),
    ]
    assert station.event("camera_lost")["reason"] == "capture process made no progress and was killed"
    seqs = [result.frame_seq for result in of_kind(Result, said) if result.camera == "goes-on"]
    assert seqs == list(range(seqs[0], seqs[-1] + 1))
    assert len(seqs) > 20
