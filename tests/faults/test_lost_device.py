"""A GPU that a station loses at run time, played by the CPU at the seam to OpenVINO."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.inference.golden import LEVELS
from edge.messaging.messages import Health, Result
from edge.pictures import read_picture
from tests.edge.running_station import RunningStation, of_kind, until_stopping

PROGRAM = """
from edge.inference import devices
from tests.edge.inference.accelerators import ScriptedCore
devices.ov.Core = ScriptedCore({devices})
devices.available_devices = lambda core: core.available_devices
from edge.cli import main
main()
"""


@pytest.fixture
def station(
    tiny_bundle: Path, tiny_dataset: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[RunningStation]:
    """With the devices that the test names, judging twelve pictures."""
    program = (sys.executable, "-c", PROGRAM.format(devices=request.param))
    folder = tiny_dataset / "test" / "*" / "00[0-3].png"
    options = ("--camera", str(folder), "--device", "AUTO", "--wait-for-subscribers", "1")
    running = RunningStation(tiny_bundle, tmp_path / "state", *options, program=program)
    yield running
    running.close()


@pytest.mark.parametrize("station", [f"'GPU', lost_after={len(LEVELS) + 5}"], indirect=True)
def test_a_lost_gpu_costs_no_verdict_and_is_told_once(
    station: RunningStation, tiny_bundle: Path, tiny_dataset: Path
) -> None:
    with station.subscriber("") as reader:
        came = until_stopping(reader)
    assert (station.wait(), station.other_lines) == (0, [])
    results = of_kind(Result, came)
    assert len(results) == 12
    assert (results[0].device, results[-1].device) == ("GPU", "CPU")
    engine = Engine(load_bundle(tiny_bundle), device="CPU")
    test = tiny_dataset / "test"
    expected = {
        str(path.relative_to(test)): engine.infer(read_picture(path)).score for path in test.glob("*/00[0-3].png")
    }
    assert {result.picture: result.score for result in results} == pytest.approx(expected, rel=1e-5)
    told = [health for health in of_kind(Health, came) if health.component == "inference"]
    assert [(health.state, health.reason) for health in told if health.state != "ok"] == [
        ("degraded", told[-1].reason)
    ]
    assert told[-1].reason.startswith("GPU was lost, the CPU goes on: inference failed on GPU: ")
    assert told[-1].reason.endswith("CL_OUT_OF_RESOURCES")
    assert len(station.events("device_lost", 1)) == 1


@pytest.mark.parametrize("station", ["'GPU', broken={'GPU': 'clGetPlatformIDs error -1001'}"], indirect=True)
def test_a_gpu_without_its_driver_is_one_line_and_the_cpu_starts(station: RunningStation) -> None:
    with station.subscriber("") as reader:
        results = of_kind(Result, until_stopping(reader))
    assert (station.wait(), station.other_lines) == (0, [])
    assert {result.device for result in results} == {"CPU"}
    warned = [event["event"] for event in station.log if event["level"] in {"warning", "error"}]
    assert warned == ["device_passed_over"]


@pytest.mark.parametrize("station", [""], indirect=True)
def test_auto_without_other_devices_starts_on_the_cpu_without_a_warning(station: RunningStation) -> None:
    with station.subscriber("") as reader:
        results = of_kind(Result, until_stopping(reader))
    assert (station.wait(), station.other_lines) == (0, [])
    assert {result.device for result in results} == {"CPU"}
    assert [event["device"] for event in station.log if "device" in event] == ["CPU"]
    assert not [event for event in station.log if event["level"] in {"warning", "error"}]
