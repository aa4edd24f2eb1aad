"""A station that is killed while it publishes: what was announced is on disk, what is on disk is heard."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.edge.running_station import RunningStation
from tests.faults.camera_server import ROOT
from tests.faults.conftest import CYCLES, Report
from tests.faults.listening import Listener, fixed_addresses, lost_and_phantom, stored

LONG = CYCLES >= 50
TIMES = 100 if LONG else 3
POINTS = ("before insert", "after insert", "after commit", "after send")


@pytest.fixture
def addresses() -> list[str]:
    return fixed_addresses()


@pytest.fixture
def listener(addresses: list[str]) -> Iterator[Listener]:
    listener = Listener(addresses[0], addresses[2])
    yield listener
    listener.close()


@pytest.mark.timeout(900)
def test_a_station_that_is_killed_while_it_publishes_loses_no_alert(
    tiny_bundle: Path, tiny_dataset: Path, tmp_path: Path, addresses: list[str], listener: Listener, report: Report
) -> None:
    chance = random.Random(20261122)  # noqa: S311
    events, heatmaps, control = addresses
    options = ("--camera", str(tiny_dataset / "test" / "blob"), "--loop", "--fps", "25")
    options += ("--events", events, "--heatmaps", heatmaps, "--control", control)
    boots: set[str] = set()
    first_s: list[float] = []
    for _ in range(TIMES):
        station = RunningStation(tiny_bundle, tmp_path / "state", *options)
        try:
            took_s, boot = listener.first_alert_after(station.began_s, boots)
            first_s.append(took_s)
            boots.add(boot)
            time.sleep(chance.uniform(0.0, 0.4))
            station.process.send_signal(signal.SIGKILL)
        finally:
            station.close()
    last = RunningStation(tiny_bundle, tmp_path / "state", *options)
    listener.first_alert_after(last.began_s, boots)
    last.signal(signal.SIGTERM)
    last.close()
    on_disk = stored(tmp_path / "state")
    time.sleep(0.3)
    lost, phantom, twice = lost_and_phantom(listener.alerts, on_disk)
    lost -= _unheard_at_the_end(listener, on_disk)
    report(
        f"killed {TIMES} times: {len(on_disk)} alerts on disk, {lost} lost, {phantom} phantom, {twice} twice; "
        f"start to first alert p50 {median(first_s):.2f} s, longest {max(first_s):.2f} s"
    )
    assert sorted(on_disk) == list(range(1, len(on_disk) + 1))
    assert (lost, phantom, twice, listener.missed) == (0, 0, 0, 0)
    assert not LONG or median(first_s) < 2.0


def _unheard_at_the_end(listener: Listener, on_disk: dict[int, str]) -> int:
    """Alerts of the station's last moment, which the next start would replay."""
    heard = {alert.seq for alert in listener.alerts}
    return len([seq for seq in on_disk if seq > max(heard)])


@pytest.mark.timeout(900)
@pytest.mark.parametrize("point", POINTS)
def test_a_crash_at_any_point_of_an_alerts_way_loses_and_invents_none(
    point: str, tmp_path: Path, addresses: list[str], listener: Listener, report: Report
) -> None:
    chance = random.Random(point)  # noqa: S311
    options = {"state": str(tmp_path / "state"), "addresses": addresses, "pace_s": 0.005, "map_px": 8}
    for _ in range(TIMES):
        crash = {"crash_at": point, "crash_after": chance.randint(1, 15)}
        command = [sys.executable, "-m", "tests.faults.publishing", json.dumps(options | crash)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60)
        assert done.returncode == -signal.SIGKILL, done.stderr
    command = [sys.executable, "-m", "tests.faults.publishing", json.dumps(options)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as whole:
        before = len(listener.alerts)
        while len(listener.alerts) < before + 20 and whole.poll() is None:
            time.sleep(0.05)
        listener.wait_for_seq(listener.alerts[-1].seq)  # live ones come first where control was away
        whole.kill()
    on_disk = stored(tmp_path / "state")
    lost, phantom, twice = lost_and_phantom(listener.alerts, on_disk)
    lost -= _unheard_at_the_end(listener, on_disk)
    report(f"crash {point}, {TIMES} times: {len(on_disk)} on disk, {lost} lost, {phantom} phantom, {twice} twice")
    assert sorted(on_disk) == list(range(1, len(on_disk) + 1))
    assert (lost, phantom, twice, listener.missed) == (0, 0, 0, 0)
