"""A hung stage ends the station through systemd's watchdog; a slow disk, an absent camera and load do not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.messaging.messages import Alert, Health, Heartbeat, Result
from edge.security.folder import KeyFolder
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation, of_kind, read_until
from tests.faults.camera_server import CameraServer
from tests.faults.conftest import CYCLES, Report
from tests.faults.hanging import PLACES
from tests.faults.supervisor import Supervisor

WATCHDOG_S = 2.0
MARGIN_S = 3.0
HANGING = (sys.executable, str(Path(__file__).with_name("hanging.py")))
SLOW_DISK_S = 3.5
STEPS = {
    "capture": ("camera camera", "capture"),
    "inference": ("camera camera", "inference"),
    "publisher": ("publisher", "publishing"),
    "heartbeat": ("heartbeat", "sending a heartbeat"),
    "store": ("publisher", "commit"),
    "authenticator": ("authenticator", "admission"),
    "control": ("control", "requests"),
    "station": ("station", "looking after its threads"),
}
# Python prints the stack of every thread while the others run, and sometimes trips over one: it ends all the same.
ABORTED = (-signal.SIGABRT, -signal.SIGSEGV)
StartHanging = Callable[..., RunningStation]


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "notify", WATCHDOG_S)
    for name, text in supervisor.environment.items():
        monkeypatch.setenv(name, text)
    yield supervisor
    supervisor.close()


@pytest.fixture
def start(
    run_station: RunStation, tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> StartHanging:
    """Starts a station that judges and alerts at 20 frames per second, and hangs once tmp_path/hang is there."""

    def start(place: str, *, seconds: float = 1000, disk_limit_s: float = WATCHDOG_S) -> RunningStation:
        monkeypatch.setenv("HANG_AT", place)
        monkeypatch.setenv("HANG_FILE", str(tmp_path / "hang"))
        monkeypatch.setenv("HANG_S", str(seconds))
        file = tmp_path / "station.toml"
        text = f"[watchdog]\ndisk_limit_s = {disk_limit_s}\n"
        if place == "authenticator":
            if not (tmp_path / "keys").exists():
                KeyFolder(tmp_path / "keys").create_station()
            text += f'[security]\nkeys = "{tmp_path}/keys"\n'
        file.write_text(text, encoding="utf-8")
        pictures = ("--camera", str(tiny_dataset / "test" / "blob"), "--fps", "20", "--loop")
        return run_station("--config", str(file), *pictures, program=HANGING)

    return start


@pytest.mark.parametrize("place", PLACES)
def test_it_is_ended_in_time_and_named(
    place: str, start: StartHanging, supervisor: Supervisor, tmp_path: Path, report: Report
) -> None:
    took_s = []
    for _ in range(max(1, CYCLES // 15)):
        station = start(place)
        supervisor.wait_for("READY=1")
        assert supervisor.watch(station.process.pid, 0.3) is None
        (tmp_path / "hang").touch()
        begun_s = time.monotonic()
        ended_s = supervisor.watch(station.process.pid, WATCHDOG_S + 2 * MARGIN_S)
        assert ended_s is not None and station.wait() in ABORTED
        took_s.append(time.monotonic() - begun_s)
        assert any("Thread 0x" in line for line in station.other_lines)  # where each one was
        if place in STEPS:
            hung = [(event["stage"].split(",")[0], event["step"]) for event in station.events("stage_hung", 1)]
            stage, step = STEPS[place]
            assert {at for named, at in hung if named == stage} == {step}, station.other_lines
        (tmp_path / "hang").unlink()
    report(f"hung {place}: ended after {max(took_s):.2f} s at most ({WATCHDOG_S + MARGIN_S:g} s allowed)")
    assert max(took_s) < WATCHDOG_S + MARGIN_S


def test_a_process_that_is_stopped_is_ended(start: StartHanging, supervisor: Supervisor) -> None:
    station = start("store")
    supervisor.wait_for("READY=1")
    os.kill(station.process.pid, signal.SIGSTOP)
    assert supervisor.watch(station.process.pid, WATCHDOG_S + MARGIN_S) is not None
    assert station.wait() == -signal.SIGABRT


def test_a_slow_disk_is_no_hang_and_readers_are_told(
    start: StartHanging, supervisor: Supervisor, tmp_path: Path
) -> None:
    station = start("store", seconds=SLOW_DISK_S, disk_limit_s=30.0)
    supervisor.wait_for("READY=1")
    with station.subscriber() as reader:
        read_until(reader, lambda message: isinstance(message, Alert))
        (tmp_path / "hang").touch()
        assert supervisor.watch(station.process.pid, SLOW_DISK_S) is None
        (tmp_path / "hang").unlink()
        came = read_until(reader, lambda m: isinstance(m, Health) and (m.component, m.state) == ("disk", "ok"))
    beats, results = (
        np.array([message.mono_ns for message in of_kind(kind, came)]) for kind in (Heartbeat, Result)
    )
    assert np.diff(beats).max() < 2e9 and np.diff(results).max() < 1e9
    assert [beat.state for beat in of_kind(Heartbeat, came)].count("degraded") >= 1
    told = [health for health in of_kind(Health, came) if health.component == "disk"]
    assert told[0].state == "degraded" and "a write has taken more than 2 s" in told[0].reason
    assert station.events("stage_hung") == []


def test_a_camera_that_is_away_is_no_hang(
    run_station: RunStation, camera: CameraServer, supervisor: Supervisor
) -> None:
    station = run_station("--camera", camera.url)
    supervisor.wait_for("READY=1")
    camera.freeze()
    assert supervisor.watch(station.process.pid, 2 * WATCHDOG_S if CYCLES <= 5 else float(CYCLES)) is None
    assert station.event("camera_lost") and station.events("stage_hung") == []
    assert any("camera failed" in line for lines in supervisor.heard for line in lines)


def test_a_camera_that_never_gave_a_picture_keeps_the_station_from_being_ready(
    run_station: RunStation, camera: CameraServer, supervisor: Supervisor, tmp_path: Path
) -> None:
    camera.freeze()
    file = tmp_path / "station.toml"
    file.write_text(
        f'[[cameras]]\nname = "top"\nsource = "{camera.url}"\nopen_timeout_s = 1.0\n', encoding="utf-8"
    )
    assert run_station("--config", str(file)).wait() == 1
    supervisor.close()
    assert supervisor.heard == []


def test_heavy_load_is_no_hang(
    run_station: RunStation, tiny_dataset: Path, tmp_path: Path, supervisor: Supervisor, report: Report
) -> None:
    folder = tiny_dataset / "test" / "blob"
    cameras = "".join(
        f'[[cameras]]\nname = "c{number}"\nsource = "{folder}"\nmode = "hardware"\nfps = 30\nloop = true\n'
        for number in range(4)
    )
    (tmp_path / "station.toml").write_text(cameras + '[bus]\nheatmaps_of = "all"\n', encoding="utf-8")
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        station = run_station("--config", str(tmp_path / "station.toml"))
        supervisor.wait_for("READY=1")
        assert supervisor.watch(station.process.pid, 60.0 if CYCLES > 5 else 4.0) is None
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    assert station.events("stage_hung") == []
    report(f"heavy load: longest time between signs of life {supervisor.longest_s:.2f} s (of {WATCHDOG_S:g} s)")


def test_the_end_is_said_before_it_comes(start: StartHanging, supervisor: Supervisor) -> None:
    station = start("store")
    supervisor.wait_for("READY=1")
    station.process.terminate()
    supervisor.wait_for("STOPPING=1")
    assert station.wait() == 0
