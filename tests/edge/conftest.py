"""Daemons as real processes, and bundles small enough to build in a test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge import tiny_models
from tests.edge.running_station import RunningStation

RunStation = Callable[..., RunningStation]


@pytest.fixture
def run_station(tiny_bundle: Path, tmp_path: Path) -> Iterator[RunStation]:
    """Starts daemons that are ended with the test, whatever happens; further arguments are options of ``run``."""
    running: list[RunningStation] = []

    def start(
        *options: str, model: Path = tiny_bundle, state: Path = tmp_path / "state", **program: Any
    ) -> RunningStation:
        running.append(RunningStation(model, state, *options, **program))
        return running[-1]

    yield start
    for station in running:
        station.close()


@pytest.fixture
def own_bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may calibrate or damage."""
    for path in (tiny_bundle, tiny_bundle.with_suffix(".bin")):
        shutil.copy(path, tmp_path / path.name)
    return tmp_path / tiny_bundle.name


@pytest.fixture
def mixed_folder(tiny_dataset: Path, tmp_path: Path) -> Path:
    """Four good parts and four with a stain, in turn, by name: 0-good.png, 1-blob.png, ..."""
    folder = tmp_path / "line"
    folder.mkdir()
    for number in range(8):
        kind = "blob" if number % 2 else "good"
        shutil.copy(tiny_dataset / "test" / kind / f"{number // 2:03}.png", folder / f"{number}-{kind}.png")
    return folder


@pytest.fixture
def undefined_for_black(tmp_path: Path) -> Path:
    return tiny_models.undefined_for_black(tmp_path / "undefined.xml")


@pytest.fixture
def failing_for_black(tmp_path: Path) -> Path:
    return tiny_models.failing_for_black(tmp_path / "failing.xml")


@pytest.fixture
def black_and_grey(tmp_path: Path) -> Path:
    return tiny_models.black_and_grey(tmp_path / "pictures")


@pytest.fixture
def no_camera_faults(tmp_path: Path) -> Path:
    """A station file that takes every picture for a picture of a part."""
    path = tmp_path / "no-camera-faults.toml"
    path.write_text("[faults]\nenabled = false\n", encoding="utf-8")
    return path
