"""A station in trouble for a long time: one random fault after the other, and every alert heard exactly once.

A minute by ``make test-long``, half an hour by ``make soak``. The seed is printed; SOAK_SEED=... plays it again.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.edge.running_station import RunningStation
from tests.faults.camera_server import CameraServer
from tests.faults.conftest import Report
from tests.faults.listening import Listener, fixed_addresses, lost_and_phantom, stored
from tests.faults.slope import slope_of_second_half
from tests.faults.test_slow_readers import READER
from tests.faults.test_stepped_clock import PROGRAM

MINUTES = float(os.environ.get("SOAK_MINUTES", "1"))
SEED = int(os.environ.get("SOAK_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
EVERY_S = 30.0 if MINUTES >= 10 else 8.0
LASTS_S = 5.0 if MINUTES >= 10 else 2.0
RESTLESS = 1 / 3  # of the time; then no fault ends the station, so that one long life shows whether it grows
MOST_MB_PER_H = 10.0
MB = 1_000_000


class Line:
    """A station with a network camera, its state and its addresses, through several lives."""

    def __init__(self, bundle: Path, folder: Path, camera: CameraServer) -> None:
        self.state = folder / "state"
        self.camera = camera
        self.addresses = fixed_addresses()
        self.clock = folder / "clock"
        self.noise: list[str] = []
        self.lives: list[list[tuple[float, float]]] = []
        self._bundle = bundle
        self.start()

    def start(self) -> None:
        events, heatmaps, control = self.addresses
        options = ("--events", events, "--heatmaps", heatmaps, "--control", control, "--camera", self.camera.url)
        self.station = RunningStation(self._bundle, self.state, *options, program=PROGRAM)
        self.station.event("started")
        self.lives.append([])

    def end(self, how: signal.Signals) -> None:
        self.station.signal(how)
        self.noise += self.station.other_lines
        self.station.close()

    def watch(self, seconds: float) -> None:
        """Lets it run, and notes its memory each second."""
        over_s = time.monotonic() + seconds
        while (left_s := over_s - time.monotonic()) > 0:
            assert self.station.process.poll() is None, self.station.other_lines
            rss_mb = psutil.Process(self.station.process.pid).memory_info().rss / MB
            self.lives[-1].append((time.monotonic(), rss_mb))
            time.sleep(min(1.0, left_s))


def kill_station(line: Line) -> None:
    line.end(signal.SIGKILL)
    line.start()


def restart_station(line: Line) -> None:
    line.end(signal.SIGTERM)
    line.start()


def freeze_station(line: Line) -> None:
    line.station.process.send_signal(signal.SIGSTOP)
    time.sleep(LASTS_S)
    line.station.process.send_signal(signal.SIGCONT)


def lose_camera(line: Line) -> None:
    line.camera.kill()
    line.watch(LASTS_S)
    line.camera.start()


def freeze_camera(line: Line) -> None:
    line.camera.freeze()
    line.watch(LASTS_S)
    line.camera.thaw()


def fill_disk(line: Line) -> None:
    pid = line.station.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    line.watch(LASTS_S)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    line.watch(2.0)  # what waits is not on disk yet; it says so, and a kill now would lose it


def slow_reader(line: Line) -> None:
    _read_badly(line, pause_s=1.0)


def frozen_reader(line: Line) -> None:
    _read_badly(line, pause_s=0.0, frozen=True)


def set_clock(line: Line) -> None:
    line.clock.write_text(random.choice(("3600", "-3600", "-315360000", "0")), encoding="ascii")  # noqa: S311
    line.watch(LASTS_S)


def _read_badly(line: Line, *, pause_s: float, frozen: bool = False) -> None:
    command = [sys.executable, "-c", READER, str(pause_s), *line.addresses[:2]]
    with subprocess.Popen(command) as reader:
        line.watch(1.0)
        if frozen:
            reader.send_signal(signal.SIGSTOP)
        line.watch(LASTS_S)
        reader.kill()


FAULTS: tuple[Callable[[Line], None], ...] = (
    kill_station,
    restart_station,
    freeze_station,
    lose_camera,
    freeze_camera,
    fill_disk,
    slow_reader,
    frozen_reader,
    set_clock,
)
ENDING = (kill_station, restart_station)


@pytest.mark.long
@pytest.mark.timeout(int(MINUTES * 60) + 180)
def test_a_station_in_constant_trouble_loses_no_alert_and_keeps_its_memory(
    tiny_bundle: Path, tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    monkeypatch.setenv("CLOCK_FILE", str(tmp_path / "clock"))
    print(f"SOAK_SEED={SEED}", file=sys.__stderr__, flush=True)
    random.seed(SEED)
    done: Counter[str] = Counter()
    with CameraServer(tiny_dataset / "test" / "blob", fps=10) as camera:
        line = Line(tiny_bundle, tmp_path, camera)
        listener = Listener(line.addresses[0], line.addresses[2])
        try:
            over_s = time.monotonic() + MINUTES * 60
            while time.monotonic() < over_s:
                began_s = time.monotonic()
                restless = began_s < over_s - (1 - RESTLESS) * MINUTES * 60
                fault = random.choice([each for each in FAULTS if restless or each not in ENDING])  # noqa: S311
                done[fault.__name__.replace("_", " ")] += 1
                fault(line)
                line.watch(min(began_s + EVERY_S, over_s) - time.monotonic())
            listener.wait_for_seq(listener.last_seq + 3)
            line.end(signal.SIGTERM)
            time.sleep(0.5)
        finally:
            listener.close()
            line.station.close()
    on_disk = stored(line.state)
    lost, phantom, twice = lost_and_phantom(listener.alerts, on_disk)
    slope = slope_of_second_half(max(line.lives, key=len), EVERY_S)
    report(
        f"{MINUTES:g} minutes, seed {SEED}, a fault each {EVERY_S:g} s "
        f"({', '.join(f'{name} {times}' for name, times in sorted(done.items()))}): {len(on_disk)} alerts, "
        f"{lost} lost, {phantom} phantom, {twice} twice; memory in the second half of the longest life: "
        f"{slope or 'too short to tell'}, most {max(mb for life in line.lives for _, mb in life):.0f} MB"
    )
    assert line.noise == []
    assert listener.failure is None
    assert sorted(on_disk) == list(range(1, len(on_disk) + 1))
    assert (lost, phantom, twice, listener.missed) == (0, 0, 0, 0)
    assert slope is None or slope.per_h - 2 * slope.error < MOST_MB_PER_H
