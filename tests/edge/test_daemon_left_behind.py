"""A stop while a thread is in what nothing can interrupt: its exit code tells whether alerts were lost."""

from __future__ import annotations

import re
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import pytest

from edge import daemon, service
from edge.errors import BusError
from edge.inspection import teaching_child
from edge.messaging import control, outbox, publisher
from edge.pool import recorder
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation

AT_THE_END = """
import atexit, sys, threading
def say(text):
    print(text, file=sys.stderr, flush=True)
atexit.register(say, "Python ends itself")
"""
IN_THE_DEVICE = """
from edge import daemon
from edge.inference.engine import Engine
from edge.messaging.publisher import Publisher
run, close, leave = Engine.run, Publisher.close, daemon.leave
free, held = threading.Event(), []
def hangs(self, prepared):
    if threading.current_thread().name.startswith("inspector") and not held:
        held.append(threading.current_thread())
        say("in the device")
        free.wait()
    return run(self, prepared)
Engine.run = hangs
"""
COMES_BACK_LATE = """
def closes(self):
    close(self)
    free.set()
def leaves():
    held[0].join()
    leave()
Publisher.close, daemon.leave = closes, leaves
"""
DISK_THAT_HANGS = """
from edge.messaging import control, publisher
from edge.messaging.outbox import Outbox
from edge.store.ledger import Ledger
def hangs(self, rows):
    say("on the disk")
    threading.Event().wait()
since = Outbox.since
def waits(self, *given):
    say("asked for alerts")
    return since(self, *given)
Ledger.commit, Outbox.since = hangs, waits
publisher._COMMIT_TIMEOUT_S, control._DISK_S = 0.3, 0.1
"""
MAIN = """
from edge.cli import main
main()
"""


def program(*parts: str) -> tuple[str, ...]:
    return sys.executable, "-c", "".join([AT_THE_END, *parts, MAIN])


def wait_for_line(station: RunningStation, line: str) -> None:
    give_up_s = time.monotonic() + 20
    while line not in station.other_lines:
        assert time.monotonic() < give_up_s, station.other_lines
        time.sleep(0.01)


def test_a_frame_that_stays_in_the_device_is_said_and_nobody_waits_for_it(
    run_station: RunStation, mixed_folder: Path
) -> None:
    station = run_station("--camera", str(mixed_folder), "--loop", program=program(IN_THE_DEVICE))
    wait_for_line(station, "in the device")
    station.signal(signal.SIGTERM)
    assert (station.process.returncode, station.other_lines) == (0, ["in the device"])
    stopped = station.event("stopped")
    assert (stopped["level"], stopped["unfinished"]) == ("warning", 1)


def test_a_frame_that_comes_back_when_all_is_closed_is_no_failure(
    run_station: RunStation, mixed_folder: Path
) -> None:
    late = program(IN_THE_DEVICE, COMES_BACK_LATE)
    station = run_station("--camera", str(mixed_folder), "--loop", program=late)
    wait_for_line(station, "in the device")
    station.signal(signal.SIGTERM)
    assert (station.process.returncode, station.other_lines) == (0, ["in the device", "Python ends itself"])
    stopped = station.event("stopped")
    assert (stopped["level"], stopped["unfinished"]) == ("warning", 1)


def test_alerts_that_a_hung_disk_does_not_take_are_a_failure_that_is_said_in_time(
    run_station: RunStation, mixed_folder: Path
) -> None:
    options = ("--camera", str(mixed_folder), "--loop", "--threshold", "-1")
    station = run_station(*options, program=program(DISK_THAT_HANGS))
    wait_for_line(station, "on the disk")
    asker = station.asker()
    with ThreadPoolExecutor(1) as other:
        replayed = other.submit(asker.ask, "replay", timeout_s=20, since_seq=0)
        wait_for_line(station, "asked for alerts")
        station.signal(signal.SIGTERM)
        with pytest.raises(BusError, match="not_ready: the station stops"):
            replayed.result()
    assert station.process.returncode == 1
    assert station.other_lines == [
        "on the disk",
        "asked for alerts",
        "edge-ad: error: alerts are not on disk after 0.3 s; check the disk",
    ]


@pytest.mark.parametrize("unit", ["edge-ad@.service", "user.service"])
def test_systemd_waits_until_a_stop_has_said_what_is_lost(unit: str) -> None:
    waits = [daemon.JOIN_S, control._DISK_S, control._FAREWELL_S, publisher._COMMIT_TIMEOUT_S, outbox._HANGS_S]
    waits += [recorder._JOIN_S, teaching_child.STOP_S, teaching_child.THREADS_S]
    (limit_s,) = re.findall(r"^TimeoutStopSec=(\d+)$", (files(service) / unit).read_text(), re.MULTILINE)
    assert sum(waits) + 1 <= int(limit_s)  # the cameras end in half a second
