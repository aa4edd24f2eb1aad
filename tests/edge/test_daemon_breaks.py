"""A mistake in the station's own code ends it: half a station would look alive."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edge.errors import BusError
from tests.edge.conftest import RunStation

BROKEN_INSPECTION = """
from edge.inspector import Inspector
Inspector._inspect = lambda self, frame: 1 / 0
"""
BROKEN_CONTROL = """
from edge.answers import Answers
Answers.status = lambda self: 1 / 0
"""
RUN = "\nfrom edge.cli import main\nmain()"


def test_a_broken_inspection_ends_the_station(run_station: RunStation, mixed_folder: Path) -> None:
    program = (sys.executable, "-c", BROKEN_INSPECTION + RUN)
    station = run_station("--camera", str(mixed_folder), program=program)
    assert station.wait() == 1
    assert "ZeroDivisionError: division by zero" in station.other_lines
    assert station.other_lines[-1].startswith(
        "edge-ad: error: inspection of camera camera broke off; its traceback"
    )


def test_a_broken_control_ends_the_station(run_station: RunStation, mixed_folder: Path) -> None:
    program = (sys.executable, "-c", BROKEN_CONTROL + RUN)
    station = run_station("--camera", str(mixed_folder), "--loop", program=program)
    asker = station.asker()
    with pytest.raises(BusError, match="no reply"):
        asker.ask("status")
    assert station.wait() == 1
    assert station.other_lines[-1].startswith("edge-ad: error: control broke off; ")
