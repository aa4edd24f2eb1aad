"""Faults that a line sees, in a short form by default; ``FAULT_CYCLES=50`` (``make faults``) gives the long one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.cameras.capture import Capture
from edge.cameras.options import CameraOptions
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
