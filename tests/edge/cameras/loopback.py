"""Every kind of camera that can run without hardware, each behind the same few handles."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.edge.cameras.mjpeg_server import MjpegServer
from tests.edge.cameras.rtsp_server import SYSTEM_PYTHON, RtspServer

Pictures = Sequence[NDArray[np.uint8]]

ELEMENTS = (
    "openh264enc",
    "h264parse",
    "rtph264pay",
    "rtspsrc",
    "souphttpsrc",
    "multipartdemux",
    "jpegdec",
    "pngdec",
)
GSTREAMER = (
    "gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad "
    "gir1.2-gst-rtsp-server-1.0 python3-gi"
)
OVER_HTTP = "souphttpsrc location={} is-live=true ! multipartdemux ! jpegdec ! appsink sync=false"


@dataclass(frozen=True)
class Loopback:
    """A camera on this computer.

    Attributes:
        source: what ``--camera`` takes.
        freeze, thaw: it says nothing more, though its connections stay; it goes on.
        kill, start: it is gone; it is back at the same address.
        show: gives other pictures to those who connect later.
    """

    source: str
    freeze: Callable[[], object] | None = None
    thaw: Callable[[], object] | None = None
    kill: Callable[[], object] | None = None
    start: Callable[[], object] | None = None
    show: Callable[[Pictures], object] | None = None


def loopback(kind: str, pictures: Pictures, folder: Path, stack: ExitStack) -> Loopback:
    """Makes a camera that shows the pictures (uint8 [H, W, 3] BGR) in a circle; ``stack`` ends it."""
    if kind in {"folder", "memory"}:
        for number, picture in enumerate(pictures):
            assert cv2.imwrite(str(folder / f"{number}.png"), picture)
        return Loopback(f"memory:{folder}" if kind == "memory" else str(folder))
    if kind == "video":
        return Loopback(str(_video(folder / "parts.avi", pictures)))
    if kind == "rtsp":
        need_gstreamer()
        rtsp = stack.enter_context(RtspServer(folder, pictures))
        return Loopback(rtsp.url, rtsp.freeze, rtsp.thaw, rtsp.kill, rtsp.start, rtsp.show)
    if kind == "genicam":
        return Loopback("genicam:0")
    mjpeg = stack.enter_context(MjpegServer(pictures))
    if kind == "gstreamer":
        need_gstreamer()
    source = OVER_HTTP.format(mjpeg.url) if kind == "gstreamer" else mjpeg.url
    return Loopback(source, mjpeg.mute.set, mjpeg.mute.clear, mjpeg.kill, mjpeg.start, mjpeg.show)


def simulated_producer() -> Path:
    """The GenTL producer with three simulated cameras (red, green and blue balls) that ``genicam`` ships."""
    return Path(str(importlib.import_module("genicam").__file__)).with_name("viky.cti")


def need_gstreamer() -> None:
    """Skips a test where the system has no GStreamer; in CI that is a failure."""
    if missing := _missing():
        message = f"no {missing}; apt install {GSTREAMER}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@cache
def _missing() -> str:
    inspect = shutil.which("gst-inspect-1.0")
    if inspect is None:
        return "gst-inspect-1.0"
    for element in ELEMENTS:
        if subprocess.run([inspect, "--exists", element]).returncode:
            return element
    binding = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    try:
        return "GstRtspServer" if subprocess.run([SYSTEM_PYTHON, "-c", binding]).returncode else ""
    except FileNotFoundError:
        return SYSTEM_PYTHON


def _video(path: Path, pictures: Pictures) -> Path:
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (width, height))
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return path
