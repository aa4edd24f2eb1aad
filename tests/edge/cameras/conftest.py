from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.cameras.capture import Capture
from edge.cameras.options import CameraOptions
from tests.edge.cameras.loopback import need_gstreamer
from tests.edge.cameras.mjpeg_server import MjpegServer
from tests.edge.cameras.rtsp_server import RtspServer

LEVELS = tuple(range(0, 200, 20))  # grey level of each picture: tells them apart after lossy coding too


def colours(size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture uint8 [height, width, 3] of blue, green, red and grey quarters: tells sides and channels apart."""
    height, width = size
    picture = np.full((height, width, 3), 180, np.uint8)
    picture[: height // 2, : width // 2] = (255, 0, 0)
    picture[: height // 2, width // 2 :] = (0, 255, 0)
    picture[height // 2 :, : width // 2] = (0, 0, 255)
    return picture


StartCapture = Callable[..., Capture]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten even grey pictures of three sizes, in the order of their names."""
    path = tmp_path / "pictures"
    path.mkdir()
    for i, level in enumerate(LEVELS):
        pixels = np.full((60 + 20 * (i % 3), 80, 3), level, np.uint8)
        assert cv2.imwrite(str(path / f"part-{i:02}.png"), pixels)
    return path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "parts.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (80, 60))
    for level in LEVELS:
        writer.write(np.full((60, 80, 3), level, np.uint8))
    writer.release()
    return path


@pytest.fixture
def mjpeg() -> Iterator[MjpegServer]:
    with MjpegServer() as server:
        yield server


@pytest.fixture
def rtsp(tmp_path: Path) -> Iterator[RtspServer]:
    need_gstreamer()
    with RtspServer(tmp_path, [colours((122, 162))]) as server:
        yield server


@pytest.fixture
def capture() -> Iterator[StartCapture]:
    """Starts captures that are stopped at the end of the test, whatever happens."""
    running: list[Capture] = []

    def start(source: str | Path, **options: object) -> Capture:
        begun = Capture(CameraOptions.model_validate({"source": str(source), **options}))
        running.append(begun)
        begun.start()
        return begun

    yield start
    for one in running:
        one.stop()
