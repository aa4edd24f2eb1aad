"""Commands of the demo are shown, run, and never outlive it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.errors import DemoError
from edge.version import VERSION
from export.demo import steps
from export.demo.steps import Steps, started

CLOSED_PORT = "tcp://127.0.0.1:9"


def test_a_step_is_shown_as_it_could_be_typed_and_run(capfd):
    Steps(3).run("Say which version", "version")
    told = capfd.readouterr().out
    assert told.startswith("\n[1/3] Say which version\n$ edge-ad version\n")
    assert VERSION in told


def test_on_stderr_nothing_reaches_standard_output(capfd):
    Steps(1, on_stderr=True).run("Say which version", "version")
    out, err = capfd.readouterr()
    assert out == ""
    assert VERSION in err


def test_arguments_with_blanks_are_shown_quoted(capfd):
    Steps(1).show(["run", "--camera", "my pictures/*.png"])
    assert capfd.readouterr().out == "$ edge-ad run --camera 'my pictures/*.png'\n"


def test_a_command_that_fails_ends_the_demo_after_saying_why(capfd):
    with pytest.raises(DemoError, match="'edge-ad run' failed with exit code 2; it said why, above"):
        Steps(1).run("Run nothing", "run", "--model", "absent.xml")
    assert "edge-ad: error:" in capfd.readouterr().err


def test_a_command_is_ended_when_its_block_is_left_by_an_error():
    with pytest.raises(KeyboardInterrupt), started(["subscribe", CLOSED_PORT], stdout=None) as process:
        assert process.poll() is None
        raise KeyboardInterrupt
    assert process.returncode is not None


def test_a_command_that_does_not_heed_is_killed(monkeypatch):
    monkeypatch.setattr(steps, "STOP_WITHIN_S", 0.2)
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        steps._stop(process)
        assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_demo_leaves_no_process_behind(tmp_path, number):
    pytest.importorskip("elpv_dataset", reason="needs the demo extra")
    command = [sys.executable, "-m", "edge", "demo", "--output", str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        children = _wait_for_children(demo.pid)
        os.kill(demo.pid, number)
        _, err = demo.communicate(timeout=20)
    assert demo.returncode == 130
    assert "Traceback" not in err
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []


def _wait_for_children(pid: int) -> list[int]:
    deadline_s = time.monotonic() + 30
    while time.monotonic() < deadline_s:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if children:
            time.sleep(0.5)  # well into its imports
            return [int(child) for child in children]
        time.sleep(0.05)
    raise AssertionError("the demo started no command")
