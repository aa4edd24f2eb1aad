"""``edge-ad collect --config``: pictures cut as the station will cut its frames."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.pictures import find_pictures, read_picture
from tests.edge.collecting.test_collect_command import SHARP, run

STATION = """
[[cameras]]
name = "left"
source = "nowhere/"

[[cameras]]
name = "top"
source = {source}
roi = [[10, 20], [89, 20], [89, 99], [10, 99]]
"""


@pytest.fixture
def station(tmp_path: Path) -> Path:
    parts = tmp_path / "parts"
    parts.mkdir()
    for i in range(3):
        cv2.imwrite(str(parts / f"{i}.png"), SHARP[i])
    path = tmp_path / "line-3.toml"
    path.write_text(STATION.format(source=f'"{parts}"'), encoding="utf-8")
    return path


def test_pictures_are_cut_to_the_region_of_interest(station: Path, tmp_path: Path) -> None:
    good = tmp_path / "good"
    done = run("--config", str(station), "--camera", "top", "--output", str(good), "--count", "3")
    assert done.returncode == 0, done.stderr
    taken = find_pictures(good)
    assert [path.name for path in taken] == ["top-00001.png", "top-00002.png", "top-00003.png"]
    for path, pixels in zip(taken, SHARP, strict=False):
        assert np.array_equal(read_picture(path), pixels[20:100, 10:90])


def test_a_camera_that_the_station_does_not_have_is_refused(station: Path, tmp_path: Path) -> None:
    done = run("--config", str(station), "--camera", "bottom", "--output", str(tmp_path / "good"))
    assert done.returncode == 2
    assert "has no camera named 'bottom'; it has: left top" in done.stderr


def test_a_wrong_option_is_named_as_everywhere_else(station: Path, tmp_path: Path) -> None:
    done = run("--config", str(station), "--camera", "top", "--output", str(tmp_path / "good"), "--width", "5")
    assert done.returncode == 2
    assert "command line: cameras.1.width = 5" in done.stderr
