"""Stations under test: what they are told, what they say, how they end."""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from edge.benchmark.rates import verdicts
from edge.benchmark.shown import drawn, keep
from edge.benchmark.station_run import StationRun, running, station_text
from edge.errors import DeviceError


@pytest.fixture
def short() -> Iterator[Path]:
    """A path short enough for ``ipc://``."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def source(tmp_path: Path) -> str:
    return f"memory:{keep(drawn(2, (96, 96)), tmp_path / 'shown')}"


def test_settings_become_a_station_file_and_what_is_not_set_is_left_out() -> None:
    text = station_text(
        {"model": Path('/a/ä🔩 "b".xml'), "threshold": 1e9, "inference.jobs": None, "faults.enabled": False},
        [{"name": "left", "source": "memory:x", "loop": True, "fps": None}, {"name": "right", "source": "0"}],
    )

    assert tomllib.loads(text) == {
        "model": '/a/ä🔩 "b".xml',
        "threshold": 1e9,
        "faults": {"enabled": False},
        "cameras": [{"name": "left", "source": "memory:x", "loop": True}, {"name": "right", "source": "0"}],
    }


def judged(station: StationRun) -> dict[str, int]:
    """How many frames of each camera were judged until now, by the station itself."""
    cameras = station.ask("status")["status"]["cameras"]
    return {name: of_camera["judged"] for name, of_camera in cameras.items()}


def test_verdicts_are_counted_for_each_camera_and_all_processes_end(
    short: Path, source: str, tiny_bundle: Path
) -> None:
    paces = {"slow": 4, "fast": 40}
    cameras = [{"name": name, "source": source, "loop": True, "fps": fps} for name, fps in paces.items()]
    with running(short, cameras, {"model": tiny_bundle, "faults.enabled": False}) as station:
        first = station.first_result()
        before = judged(station)
        counted, elapsed_s = verdicts(station, 2, 1.5)
        after = judged(station)
        processes = [psutil.Process(station.pid), *psutil.Process(station.pid).children(recursive=True)]

    assert station.began_ns < first.at_ns
    assert first.read()["verdict"] == "good"
    assert elapsed_s >= 1.5
    assert 0 < counted["slow"] < counted["fast"]
    assert all(number <= after[name] - before[name] for name, number in counted.items())
    assert len(processes) >= 3  # the daemon and a capture process for each camera
    assert psutil.wait_procs(processes, timeout=5)[1] == []


def test_a_station_that_ends_is_reported_with_its_last_words(short: Path, tiny_bundle: Path) -> None:
    cameras = [{"name": "a", "source": "memory:/nowhere", "loop": True}]
    with (
        running(short, cameras, {"model": tiny_bundle}) as station,
        pytest.raises(DeviceError, match=r"the station under test ended: .*/nowhere") as caught,
    ):
        station.first_result()
    assert "\n" not in str(caught.value)


def test_settings_of_the_user_do_not_reach_the_station(short: Path, source: str, tiny_bundle: Path) -> None:
    cameras = [{"name": "a", "source": source, "loop": True, "fps": 5}]
    environ = {"EDGE_AD_STATION": "mine", "PATH": ""}
    settings = {"model": tiny_bundle, "faults.enabled": False}
    with running(short, cameras, settings, environ=environ) as station:
        assert json.loads(station.first_result().payload)["station"] == "station"
