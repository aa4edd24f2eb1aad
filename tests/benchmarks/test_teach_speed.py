"""What a timed command takes is counted whole."""

from __future__ import annotations

import sys

import pytest

from benchmarks.teach_speed import CORES, cost_of
from edge.errors import EdgeAdError

WITH_CHILD = """
import os, subprocess, sys
assert len(os.sched_getaffinity(0)) <= int(sys.argv[1])
hold = "import time; held = bytearray(b'1') * 80_000_000; time.sleep(0.5)"
subprocess.run([sys.executable, "-c", hold], check=True)
"""


def test_a_command_runs_on_two_cores_and_its_children_count() -> None:
    cost = cost_of("child", 0, [sys.executable, "-c", WITH_CHILD, str(CORES)])
    assert 80 < cost.resident_mb < 160
    assert cost.elapsed_s > 0.5


def test_a_command_that_fails_gives_no_figures() -> None:
    with pytest.raises(EdgeAdError, match="child: ended with exit code 3"):
        cost_of("child", 0, [sys.executable, "-c", "raise SystemExit(3)"])
