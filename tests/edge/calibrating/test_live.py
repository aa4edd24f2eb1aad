from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from calibration import conformal
from edge.calibrating.asked import Asked
from edge.calibrating.gathered import Gathered, Part
from edge.calibrating.live import lines
from edge.health.camera_faults.taking import ReferenceTaker
from edge.inference.engine import Raw
from tests.conftest import plates_in
from tests.edge.running_station import clean_environment


@pytest.fixture
def gathered() -> Gathered:
    return Gathered(ReferenceTaker(lambda pixels: pixels))


def add(gathered: Gathered, *scores: float) -> None:
    pixels = np.full((32, 32, 3), 90, np.uint8)
    for score in scores:
        gathered.add(Part(f"{len(gathered.scores)}.png", pixels, Raw(score, None, 0.0, 0.0)))


def test_until_there_are_enough_it_says_how_many_are_missing(gathered: Gathered) -> None:
    asked = Asked(0.1)
    assert lines(gathered, asked, 20) == ["good parts: 0 of 20   refused: none"]
    add(gathered, 4.0, 5.0, 6.5)
    gathered.refused = {"blurred": 3, "dark": 1}
    shown = lines(gathered, asked, 20)
    assert shown[0] == "good parts: 3 of 20   refused: 3 blurred, 1 dark"
    assert shown[-1] == "6 more are needed to promise a false-alarm rate of 0.1"
    assert not any("threshold" in line for line in shown)


def test_then_the_threshold_as_it_stands_is_drawn(gathered: Gathered) -> None:
    scores = np.random.default_rng(1).gamma(9.0, 1.0, 40)
    add(gathered, *scores)
    shown = "\n".join(lines(gathered, Asked(0.1), 40))
    assert f" threshold {conformal.threshold(scores, 0.1):.4g} " in shown and "needed" not in shown
    gathered.trouble = "no frame for 1 s"
    assert "camera lost: no frame for 1 s" in lines(gathered, Asked(0.1), 40)


def test_scores_that_are_no_numbers_do_not_end_the_display(gathered: Gathered) -> None:
    add(gathered, 4.0, float("nan"), 5.0)
    assert lines(gathered, Asked(0.4), 3)[0].startswith("good parts: 3 of 3")


def test_a_terminal_shows_it_live(own_bundle: Path, tmp_path: Path) -> None:
    good = plates_in(tmp_path / "good", 12, seed=2)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "edge", "calibrate", "--model", str(own_bundle), "--images", str(good)]
    asked = ["--false-alarm-rate", "0.1", "--json"]
    with subprocess.Popen(
        [*command, *asked], stderr=theirs, stdout=subprocess.PIPE, env=clean_environment() | {"TERM": "xterm"}
    ) as running:
        os.close(theirs)
        shown = _all_of(ours)
    assert running.returncode == 0
    assert "good parts: 12 of 12   refused: none" in shown
    assert re.search(r"-+ threshold [\d.]+ -+", shown) and "####" in shown


def _all_of(terminal: int) -> str:
    """Whatever is written there until nobody can write any more."""
    found = b""
    try:
        while data := os.read(terminal, 65536):
            found += data
    except OSError:  # its other end was closed
        pass
    os.close(terminal)
    return found.decode()
