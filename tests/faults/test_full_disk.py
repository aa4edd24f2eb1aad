"""The disk refuses under a running station: parts are judged, alerts wait and come to disk in order."""

from __future__ import annotations

import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from edge.messaging.messages import Heartbeat
from tests.edge.running_station import RunningStation
from tests.faults.conftest import CYCLES, Report
from tests.faults.listening import Listener, lost_and_phantom, stored

FULL_S = 60.0 if CYCLES >= 50 else 2.0
NoRoom = Callable[[RunningStation, Path], AbstractContextManager[None]]


@contextmanager
def limited_file_size(station: RunningStation, state: Path) -> Iterator[None]:
    """No file of the daemon may grow beyond 4 KB: its writes fail with EFBIG."""
    _, hard = resource.prlimit(station.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(station.process.pid, resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.prlimit(station.process.pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextmanager
def filled_file_system(station: RunningStation, state: Path) -> Iterator[None]:
    """A file takes all that is left: writes of the daemon fail with ENOSPC."""
    ballast = state / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65_536))
        except OSError:
            pass
        try:
            while True:
                file.write(bytes(512))
        except OSError:
            pass
    yield
    ballast.unlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MB in memory, where mounting is permitted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(folder)], capture_output=True)  # noqa: S607
    if mounted.returncode:
        pytest.skip(f"mounting is not permitted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S607


@pytest.mark.timeout(300)
@pytest.mark.parametrize("no_room", [limited_file_size, filled_file_system])
def test_a_full_disk_stops_no_verdict_and_loses_no_alert(
    no_room: NoRoom,
    tiny_bundle: Path,
    tiny_dataset: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    report: Report,
) -> None:
    state = request.getfixturevalue("small_disk") if no_room is filled_file_system else tmp_path / "state"
    options = (
        "--camera",
        str(tiny_dataset / "test" / "blob"),
        "--loop",
        "--fps",
        "20",
        "--wait-for-subscribers",
        "1",
    )
    station = RunningStation(tiny_bundle, state, *options)
    try:
        started = station.event("started")
        listener = Listener(started["events"], started["control"])
        listener.wait_for_seq(5)
        with no_room(station, state):
            began_s = time.monotonic()
            time.sleep(FULL_S)
            ended_s = time.monotonic()
        listener.wait_for_seq(listener.alerts[-1].seq + 20)
        station.signal(signal.SIGTERM)
        time.sleep(0.3)
        listener.close()
    finally:
        station.close()
    on_disk = stored(state)
    lost, phantom, twice = lost_and_phantom(listener.alerts, on_disk)
    waited = [alert for alert in listener.alerts if not alert.durable]
    judged = _frames_between(listener.beats, began_s, ended_s)
    report(
        f"disk full for {FULL_S:g} s ({no_room.__name__.replace('_', ' ')}): {judged:.1f} parts/s judged, "
        f"{len(waited)} alerts waited, {lost} lost, {phantom} phantom, {twice} twice"
    )
    assert station.other_lines == []
    assert (lost, phantom, twice, listener.missed) == (0, 0, 0, 0)
    assert sorted(on_disk) == list(range(1, len(on_disk) + 1))
    assert len(waited) > 10 * FULL_S
    assert [(health.state) for health in listener.health if health.component == "disk"] == ["degraded", "ok"]
    assert [len(station.events(name)) for name in ("disk_refuses", "disk_accepts")] == [1, 1]
    assert judged > 10


def _frames_between(beats: list[tuple[float, Heartbeat]], began_s: float, ended_s: float) -> float:
    """Parts per second, from the heartbeats of a time."""
    inside = [(at_s, beat) for at_s, beat in beats if began_s <= at_s <= ended_s]
    (first_s, first), (last_s, last) = inside[0], inside[-1]
    return (last.frames - first.frames) / (last_s - first_s)
