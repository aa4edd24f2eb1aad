"""A mistake in the station's own code ends it: half a station would look alive."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edge.errors import BusError
from tests.edge.conftest import RunStation

BROKEN_INSPECTION = """
from edge.inspection.inspector import Inspector
Inspector._inspect_next = lambda self, stage: 1 / 0
"""
BROKEN_JUDGE = """
from edge.inference.judge import Judge
Judge.inspect = lambda self, frame, raw, **others: int("not a number")
"""
BROKEN_CONTROL = """
from edge.inspection.answers import Answers
Answers.status = lambda self: 1 / 0
"""
BROKEN_HEARTBEAT = """
from edge.inspection.inspector import Inspector
from edge.messaging.heart import Heart
Inspector._inspect_next = lambda self, stage: None  # nobody publishes, so nobody is told
beat = Heart.beat
Heart.beat = lambda self, pulse: 1 / 0 if pulse.state == "running" else beat(self, pulse)
"""
BROKEN_PUBLISHER = """
import time
from edge.inspection.inspector import Inspector
from edge.messaging.announcer import Announcer
Inspector._inspect_next = lambda self, stage: None
tend, began_s = Announcer.tend, time.monotonic()
Announcer.tend = lambda self: 1 / 0 if time.monotonic() > began_s + 1 else tend(self)
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


def test_a_broken_judgement_ends_the_station(run_station: RunStation, mixed_folder: Path) -> None:
    program = (sys.executable, "-c", BROKEN_JUDGE + RUN)
    station = run_station("--camera", str(mixed_folder), "--loop", program=program)
    assert station.wait() == 1
    assert any(line.startswith("ValueError: invalid literal for int()") for line in station.other_lines)
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


@pytest.mark.parametrize(
    ("broken", "named"), [(BROKEN_PUBLISHER, "the publisher"), (BROKEN_HEARTBEAT, "the heartbeats")]
)
def test_a_broken_publisher_ends_the_station_even_while_nothing_is_published(
    broken: str, named: str, run_station: RunStation, mixed_folder: Path
) -> None:
    program = (sys.executable, "-c", broken + RUN)
    station = run_station("--camera", str(mixed_folder), "--loop", program=program)
    assert station.wait() == 1
    assert "ZeroDivisionError: division by zero" in station.other_lines
    assert station.other_lines[-1].startswith(f"edge-ad: error: {named} broke off; its traceback")
