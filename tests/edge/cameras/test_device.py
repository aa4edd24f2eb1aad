"""Parameters and answers of a V4L2 driver, played by a scripted ``cv2.VideoCapture``; no real device is here."""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.device import DeviceSource
from edge.cameras.options import CameraOptions
from edge.errors import CameraError, CameraSilentError


class ScriptedDriver:
    """Answers as a driver does: takes what it has, gives its own size for one that it does not have."""

    opened: tuple[object, int] | None = None
    asked: list[tuple[int, float]]
    refuses: frozenset[int] = frozenset()
    size = (640.0, 480.0)
    unplugged = False
    silent_s = 0.0

    def __init__(self, target: object, backend: int, parameters: list[int]) -> None:
        type(self).opened = (target, backend)
        type(self).asked = []
        self.values = {cv2.CAP_PROP_FRAME_WIDTH: self.size[0], cv2.CAP_PROP_FRAME_HEIGHT: self.size[1]}

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def set(self, prop: int, value: float) -> bool:
        self.asked.append((prop, value))
        return prop not in self.refuses

    def get(self, prop: int) -> float:
        return self.values[prop]

    def read(self) -> tuple[bool, np.ndarray | None]:
        if self.unplugged or self.silent_s:
            time.sleep(self.silent_s)
            return False, None
        return True, np.full((480, 640), 77, np.uint8)

    def release(self) -> None:
        pass


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> type[ScriptedDriver]:
    class Driver(ScriptedDriver):
        pass

    monkeypatch.setattr(cv2, "VideoCapture", Driver)
    return Driver


@pytest.fixture
def node(tmp_path: Path) -> str:
    path = tmp_path / "video0"
    path.write_bytes(b"")
    return str(path)


def test_the_pixel_format_is_asked_first_and_exposure_is_made_manual(
    driver: type[ScriptedDriver], node: str
) -> None:
    options = CameraOptions(source=node, width=640, height=480, fps=30, fourcc="MJPG", exposure=156)
    DeviceSource(options).open()
    assert driver.opened == (node, cv2.CAP_V4L2)
    assert driver.asked == [
        (cv2.CAP_PROP_FOURCC, int.from_bytes(b"MJPG", "little")),
        (cv2.CAP_PROP_FRAME_WIDTH, 640),
        (cv2.CAP_PROP_FRAME_HEIGHT, 480),
        (cv2.CAP_PROP_FPS, 30),
        (cv2.CAP_PROP_AUTO_EXPOSURE, 1),
        (cv2.CAP_PROP_EXPOSURE, 156),
    ]


def test_nothing_is_set_that_was_not_asked_for(driver: type[ScriptedDriver], node: str) -> None:
    DeviceSource(CameraOptions(source=node)).open()
    assert driver.asked == []


def test_another_size_than_asked_is_an_error(driver: type[ScriptedDriver], node: str) -> None:
    with pytest.raises(CameraError, match="has no size 1920x1080, it gives 640x480; see its sizes: v4l2-ctl"):
        DeviceSource(CameraOptions(source=node, width=1920, height=1080)).open()


def test_a_refused_control_is_named(driver: type[ScriptedDriver], node: str) -> None:
    driver.refuses = frozenset({cv2.CAP_PROP_EXPOSURE})
    with pytest.raises(CameraError, match=r"refuses exposure 156; see what it offers"):
        DeviceSource(CameraOptions(source=node, exposure=156)).open()


def test_grey_pictures_become_bgr(driver: type[ScriptedDriver], node: str) -> None:
    source = DeviceSource(CameraOptions(source=node))
    source.open()
    shot = source.read()
    assert np.array_equal(shot.pixels, np.full((480, 640, 3), 77, np.uint8))
    assert shot.fault == ""


def test_a_driver_that_changes_the_size_later_gives_a_fault(driver: type[ScriptedDriver], node: str) -> None:
    driver.size = (1920.0, 1080.0)
    source = DeviceSource(CameraOptions(source=node, width=1920, height=1080))
    source.open()
    assert source.read().fault == "frame is 640x480, 1920x1080 was asked for"


def test_a_device_that_says_nothing_in_time_is_silent_and_goes_on(driver: type[ScriptedDriver], node: str) -> None:
    source = DeviceSource(CameraOptions(source=node, read_timeout_s=0.3))
    source.open()
    driver.silent_s = 1.01  # a driver waits whole seconds
    with pytest.raises(CameraSilentError, match=r"is lost: no picture from .*video0 within 1 s; check its cable"):
        source.read()
    driver.silent_s = 0.0
    assert source.read().pixels[0, 0].tolist() == [77, 77, 77]


def test_a_device_that_fails_at_once_is_lost_and_an_absent_one_not_reachable(
    driver: type[ScriptedDriver], node: str
) -> None:
    source = DeviceSource(CameraOptions(source=node))
    source.open()
    assert source.reachable()
    driver.unplugged = True
    with pytest.raises(CameraError, match="is lost: .* gives no picture") as caught:
        source.read()
    assert not isinstance(caught.value, CameraSilentError)
    Path(node).unlink()
    assert not source.reachable()
    driver.silent_s = 1.01
    with pytest.raises(CameraError, match="is lost: .* gives no picture") as caught:
        source.read()
    assert not isinstance(caught.value, CameraSilentError)


def test_a_node_that_gives_no_pictures_says_so(node: str) -> None:
    with pytest.raises(CameraError, match=f"{node} is in use or gives no pictures; close the other program"):
        DeviceSource(CameraOptions(source=node)).open()  # the real OpenCV on a file that is no device
