"""Somebody sets the clock under a running station: nothing stalls, ages or changes its order."""

from __future__ import annotations

import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.edge.running_station import RunningStation
from tests.faults.camera_server import CameraServer
from tests.faults.conftest import CYCLES, Report
from tests.faults.listening import Listener, lost_and_phantom, stored

PROGRAM = (sys.executable, str(Path(__file__).with_name("stepped_clock.py")))
STEPS_S = {"+1 h": 3600.0, "-1 h": -3600.0, "-10 years": -315_360_000.0}
STAY_S = 5.0 if CYCLES >= 50 else 1.5


def test_a_clock_that_is_set_stalls_nothing_and_changes_no_order(
    tiny_bundle: Path, tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    clock = tmp_path / "clock"
    monkeypatch.setenv("CLOCK_FILE", str(clock))
    with CameraServer(tiny_dataset / "test" / "blob") as camera:
        options = ("--camera", camera.url, "--wait-for-subscribers", "1")
        station = RunningStation(tiny_bundle, tmp_path / "state", *options, program=PROGRAM)
        try:
            started = station.event("started")
            listener = Listener(started["events"], started["control"])
            listener.wait_for_seq(3)
            for step_s in STEPS_S.values():
                _set(clock, step_s)
                time.sleep(STAY_S)
            _set(clock, 0.0)
            listener.wait_for_seq(listener.last_seq + 5)
            station.signal(signal.SIGTERM)
            time.sleep(0.3)
            listener.close()
        finally:
            station.close()
    alerts = listener.alerts
    shifts = {round((alert.time - datetime.now(UTC)).total_seconds() / 3600) for alert in alerts}
    stalls = [event for event in station.log if event["event"] == "camera_lost"]
    unwell = [health for health in listener.health if health.state != "ok"]
    lost, phantom, twice = lost_and_phantom(alerts, stored(tmp_path / "state"))
    report(
        f"clock set by {', '.join(STEPS_S)}: {len(stalls)} false stalls, {len(unwell)} false states of health, "
        f"{len(alerts)} alerts in order, {lost} lost, {phantom} phantom, {twice} twice"
    )
    assert shifts == {0, 1, -1, -87_600}  # the labels did change
    assert (stalls, unwell, station.other_lines) == ([], [], [])
    assert [alert.seq for alert in alerts] == list(range(1, len(alerts) + 1))
    assert (lost, phantom, twice) == (0, 0, 0)


def _set(clock: Path, added_s: float) -> None:
    new = clock.with_suffix(".new")
    new.write_text(str(added_s), encoding="ascii")
    new.replace(clock)
