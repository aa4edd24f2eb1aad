"""Which stages count as hung."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from edge.health.service_manager import ServiceManager
from edge.health.stage import Stage
from edge.health.watchdog import Watchdog
from edge.health.watchdog_options import WatchdogOptions
from tests.edge.cameras.capturing import wait_for

SECOND = WatchdogOptions(step_limit_s=1.0, disk_limit_s=3.0)


def hung(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.fields["stage"] for record in caplog.records]  # type: ignore[attr-defined]


def test_only_the_stage_that_stays_in_one_step_is_named_and_once(caplog: pytest.LogCaptureFixture) -> None:
    moving, stuck, on_disk, ended = (Stage(name) for name in ("moving", "stuck", "on disk", "ended"))
    stuck.begin("work")
    on_disk.begin("commit", on_disk=True)
    ended.begin("work")
    ended.end()
    with Watchdog([moving, stuck, on_disk, ended], ServiceManager({}), SECOND) as watchdog:
        while (quiet_s := watchdog.quiet_s)["on disk"] < 1.5:
            moving.begin("work")
            time.sleep(0.05)
    assert hung(caplog) == ["stuck"]
    assert quiet_s["moving"] < 1.0 < quiet_s["on disk"] < 3.0 and quiet_s["ended"] == 0


def test_a_stage_that_goes_on_is_no_longer_hung(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage("slow")
    with Watchdog([stage], ServiceManager({}), WatchdogOptions(step_limit_s=0.5)) as watchdog:
        for times in (1, 2):
            stage.begin("work")
            wait_for(lambda times=times: len(hung(caplog)) == times)
        wait_for(lambda: watchdog.quiet_s["slow"] > 1.0)
    assert hung(caplog) == ["slow", "slow"]


PAUSED = """
import threading, time
from edge.health.service_manager import ServiceManager
from edge.health.stage import Stage
from edge.health.watchdog import Watchdog
from edge.health.watchdog_options import WatchdogOptions
stage, over = Stage("steady"), threading.Event()
def work():
    while not over.is_set():
        stage.begin("work")
        done_s = time.thread_time() + 0.3  # of its own: a process that is stopped gets no further
        while time.thread_time() < done_s:
            pass
thread = threading.Thread(target=work)
thread.start()
with Watchdog([stage], ServiceManager({}), WatchdogOptions(step_limit_s=3.0)):
    print("begun", flush=True)
    input()
over.set()
"""


def test_a_computer_that_slept_blames_nobody() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", PAUSED], text=True, **pipes) as process:
        assert process.stdout is not None and process.stdout.readline() == "begun\n"
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(3.5)
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(1.0)
        _, said = process.communicate("\n", timeout=20)
    assert (process.returncode, said) == (0, "")
