"""The daemon with a network camera that loses its power and comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.messaging.messages import Health, Heartbeat, Message, Result
from edge.pictures import find_pictures, read_picture
from tests.edge.cameras.mjpeg_server import MjpegServer
from tests.edge.conftest import RunStation
from tests.edge.running_station import of_kind, read_until


@pytest.fixture
def camera(tiny_dataset: Path) -> Iterator[MjpegServer]:
    pictures = [read_picture(path) for path in find_pictures(tiny_dataset / "test" / "good")]
    with MjpegServer(pictures, fps=25) as server:
        yield server


def is_result(message: Message) -> bool:
    return isinstance(message, Result)


def test_a_camera_lost_and_back_is_said_once_each_and_judging_goes_on(
    run_station: RunStation, camera: MjpegServer
) -> None:
    station = run_station("--camera", camera.url)
    with station.subscriber("") as reader:
        before = read_until(reader, is_result)
        camera.kill()
        lost = read_until(reader, lambda m: isinstance(m, Health) and m.state == "failed")
        read_until(reader, lambda m: isinstance(m, Heartbeat) and m.state == "degraded")
        camera.start()
        back = read_until(reader, lambda m: isinstance(m, Health) and m.state == "ok")
        after = read_until(reader, is_result)
        after += read_until(reader, lambda m: isinstance(m, Heartbeat) and m.state == "running")
        time.sleep(0.5)
        while (message := reader.receive(0)) is not None:
            after.append(message)  # type: ignore[arg-type]
    said = of_kind(Health, [*before, *lost, *back, *after])
    assert [(health.component, health.camera, health.state) for health in said] == [
        ("camera", "camera", "failed"),
        ("camera", "camera", "ok"),
    ]
    assert said[0].reason.startswith(f"camera {camera.url} is lost: ")
    assert station.process.poll() is None
    station.process.terminate()
    assert station.wait() == 0
    (camera_lost,), (camera_back,) = station.events("camera_lost"), station.events("camera_back")
    assert (camera_lost["camera"], camera_lost["level"], camera_back["camera"]) == ("camera", "warning", "camera")
    seqs = [result.frame_seq for result in of_kind(Result, [*before, *lost, *back, *after])]
    assert seqs == sorted(set(seqs))
    assert station.other_lines == []


def test_only_the_newest_frame_counts_and_what_was_passed_over_is_counted(
    run_station: RunStation, camera: MjpegServer
) -> None:
    station = run_station("--camera", camera.url, "--wait-for-subscribers", "1")
    station.event("started")
    time.sleep(1.0)  # some 25 frames that nobody waits for
    with station.subscriber("") as reader:
        (result,) = of_kind(Result, read_until(reader, is_result))
        beat = read_until(reader, lambda m: isinstance(m, Heartbeat) and m.frames > 0)[-1]
    assert result.frame_seq >= 10
    assert isinstance(beat, Heartbeat) and beat.dropped >= 10
