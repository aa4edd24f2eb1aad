"""Cameras opened as the daemon opens them."""

from __future__ import annotations

from pathlib import Path

from edge.config.camera import StationCamera
from edge.doctor import cameras
from edge.doctor.check import Status
from tests.edge.cameras.mute_host import MuteHost


def test_a_camera_that_gives_a_picture_is_told_with_its_size(tiny_dataset: Path) -> None:
    check = cameras.camera(StationCamera(name="top", source=str(tiny_dataset / "test" / "good")))
    assert (check.name, check.status) == ("camera top", Status.OK)
    assert check.found.endswith(": 144 x 120 px")


def test_one_that_is_not_there_fails_with_what_to_do() -> None:
    check = cameras.camera(StationCamera(source="/dev/video77"))
    assert check.status is Status.FAIL and check.found and check.mend


def test_a_host_that_says_nothing_fails_in_time() -> None:
    with MuteHost() as host:
        source = f"http://127.0.0.1:{host.port}/stream"
        check = cameras.camera(StationCamera(source=source, open_timeout_s=0.5))
    assert check.status is Status.FAIL and check.mend
