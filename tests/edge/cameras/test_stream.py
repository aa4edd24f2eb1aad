from __future__ import annotations

import cv2
import pytest

from edge.cameras import gstreamer, opencv
from edge.cameras.gstreamer import GStreamerSource
from edge.cameras.options import CameraOptions
from edge.cameras.stream import StreamSource
from edge.errors import CameraError


class Refusing:
    """A ``cv2.VideoCapture`` that opens nothing and remembers what it was asked."""

    asked: tuple[object, ...] = ()

    def __init__(self, *arguments: object) -> None:
        Refusing.asked = arguments

    def isOpened(self) -> bool:  # noqa: N802
        return False

    def release(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _refusing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opencv.cv2, "VideoCapture", Refusing)


TIMEOUTS = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 2500, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 700]


def test_timeouts_are_given_at_opening_where_alone_they_count() -> None:
    address = "rtsp://user:secret@10.0.0.7/stream"
    with pytest.raises(CameraError) as caught:
        StreamSource(CameraOptions(source=address, open_timeout_s=2.5, read_timeout_s=0.7)).open()
    assert Refusing.asked == (address, cv2.CAP_FFMPEG, TIMEOUTS)
    assert "rtsp://user:***@10.0.0.7/stream" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_pipeline_goes_to_gstreamer_without_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gstreamer, "has_backend", lambda backend: True)
    options = CameraOptions(source="gst: videotestsrc ! appsink", open_timeout_s=2.5, read_timeout_s=0.7)
    with pytest.raises(
        CameraError, match="cannot start GStreamer pipeline videotestsrc ! appsink; try it with gst"
    ):
        GStreamerSource(options).open()
    assert Refusing.asked == ("videotestsrc ! appsink", cv2.CAP_GSTREAMER, TIMEOUTS)


def test_an_opencv_without_gstreamer_says_so() -> None:
    if opencv.has_backend(cv2.CAP_GSTREAMER):
        pytest.skip("this OpenCV has GStreamer")
    with pytest.raises(CameraError, match="this OpenCV is built without GStreamer; install"):
        GStreamerSource(CameraOptions(source="videotestsrc ! appsink")).open()
