"""Faults that a line sees: in a short form, or in the long one with ``FAULT_CYCLES=50`` (``make faults``)."""

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

CYCLES = int(os.environ.get("FAULT_CYCLES", "5"))
StartCapture = Callable[..., Capture]
Report = Callable[[str], None]

figures: list[str] = []


@pytest.fixture
def report() -> Report:
    """Takes lines with what was measured; they are printed at the end of the run."""
    return figures.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if figures:
        terminalreporter.section("measured")
        for line in figures:
            terminalreporter.write_line(line)


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
