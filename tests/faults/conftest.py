"""Faults that a line sees: in a short form, or in the long one with ``FAULT_CYCLES=50`` (``make faults``).

With ``FAULT_RESULTS=FILE`` what was measured goes to a file, for docs/reliability.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.cameras.capture import Capture
from edge.cameras.options import CameraOptions
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation
from tests.faults.camera_server import CameraServer
from tests.faults.measured import Measured

CYCLES = int(os.environ.get("FAULT_CYCLES", "5"))
StartCapture = Callable[..., Capture]
Report = Callable[[str], None]

measured = Measured()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Takes lines with what was measured; they are printed at the end of the run."""
    return lambda line: measured.take(request.node.nodeid, line)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed:
        measured.fail(report.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if measured.lines:
        terminalreporter.section("measured")
        for line in measured.lines:
            terminalreporter.write_line(line)
    if results := os.environ.get("FAULT_RESULTS"):
        measured.write(Path(results), long=CYCLES >= 50)


@pytest.fixture
def run_station(tiny_bundle: Path, tmp_path: Path) -> Iterator[RunStation]:
    """Starts daemons that are ended with the test, whatever happens; arguments are options of ``run``."""
    running: list[RunningStation] = []

    def start(*options: str, **program: Any) -> RunningStation:
        running.append(RunningStation(tiny_bundle, tmp_path / f"state-{len(running)}", *options, **program))
        return running[-1]

    yield start
    for station in running:
        station.close()


@pytest.fixture
def camera(tiny_dataset: Path) -> Iterator[CameraServer]:
    """A network camera that shows good parts."""
    with CameraServer(tiny_dataset / "test" / "good") as server:
        yield server


@pytest.fixture
def capture() -> Iterator[StartCapture]:
    """Starts captures that are stopped at the end of the test, whatever happens."""
    running: list[Capture] = []

    def start(source: str | Path, **options: object) -> Capture:
        running.append(Capture(CameraOptions.model_validate({"source": str(source), **options})))
        running[-1].start()
        return running[-1]

    yield start
    for one in running:
        one.stop()
