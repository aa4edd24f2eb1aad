"""What a camera delivers, on a camera whose pace is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.benchmark.shown import SHOWN, delivered, drawn, keep, taken
from edge.benchmark.spread import Spread
from edge.cameras.options import CameraOptions
from edge.errors import CameraError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return keep(drawn(3, (40, 60)), tmp_path / "shown")


def test_the_pace_of_a_camera_is_measured_and_its_pictures_are_taken(folder: Path) -> None:
    options = CameraOptions(source=f"memory:{folder}", loop=True, fps=40)

    pictures, figures = taken(options, "memory", 1.0)

    assert (figures.width, figures.height) == (60, 40)
    assert 0 < figures.frames_per_s <= 45  # of 40; a computer that is busy plays it more slowly
    assert len(pictures) == SHOWN
    wanted = drawn(3, (40, 60))
    assert all(any(np.array_equal(picture, each) for each in wanted) for picture in pictures)


def test_frames_that_nobody_took_share_the_time_between_two_that_were() -> None:
    captured_ns = [(0, 0), (2, 20_000_000), (3, 30_000_000), (7, 70_000_000)]

    figures = delivered("0", drawn(1, (40, 60))[0], captured_ns)

    assert figures.interval_ms == Spread(p50=10.0, p90=10.0, p99=10.0)
    assert figures.frames_per_s == 100.0


def test_a_camera_that_ends_at_once_is_named_with_what_it_gave(folder: Path) -> None:
    options = CameraOptions(source=str(folder / "0.bmp"))

    with pytest.raises(CameraError, match=r"camera 0\.bmp gave 1 pictures in 0\.5 s; measure for longer"):
        taken(options, "0.bmp", 0.5)
