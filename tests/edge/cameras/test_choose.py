from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.choose import source_for
from edge.cameras.device import DeviceSource
from edge.cameras.folder import FolderSource
from edge.cameras.genicam import GenICamSource
from edge.cameras.gstreamer import GStreamerSource
from edge.cameras.memory import MemorySource
from edge.cameras.options import CameraOptions
from edge.cameras.stream import StreamSource
from edge.cameras.video import VideoFileSource
from edge.errors import CameraError, EdgeAdError, UsageError


@pytest.mark.parametrize(
    ("text", "kind", "live"),
    [
        ("0", DeviceSource, True),
        ("/dev/video0", DeviceSource, True),
        ("/dev/v4l/by-id/usb-camera-index0", DeviceSource, True),
        ("rtsp://user:pw@10.0.0.7:554/stream", StreamSource, True),
        ("RTSP://10.0.0.7/stream", StreamSource, True),
        ("http://10.0.0.7/video", StreamSource, True),
        ("https://10.0.0.7/video", StreamSource, True),
        ("v4l2src ! videoconvert ! appsink", GStreamerSource, True),
        ("gst:v4l2src device=/dev/video0 ! appsink", GStreamerSource, True),
        ("rtspsrc location=rtsp://10.0.0.7/ ! decodebin ! appsink", GStreamerSource, True),
        ("genicam:22334455", GenICamSource, True),
        ("memory:{tmp}/pictures/*.png", MemorySource, False),
        ("{tmp}/pictures", FolderSource, False),
        ("{tmp}/pictures/*.png", FolderSource, False),
        ("{tmp}/pictures/[1].png", FolderSource, False),
        ("{tmp}/pictures/1.png", FolderSource, False),
        ("{tmp}/parts.mp4", VideoFileSource, False),
        ("{tmp}/odd[name].mp4", VideoFileSource, False),
    ],
)
def test_each_text_means_one_kind_of_camera(text: str, kind: type, live: bool, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    assert cv2.imwrite(str(tmp_path / "pictures" / "1.png"), np.zeros((20, 20, 3), np.uint8))
    for name in ("parts.mp4", "odd[name].mp4"):
        (tmp_path / name).write_bytes(b"")
    source = source_for(CameraOptions(source=text.format(tmp=tmp_path)))
    assert type(source) is kind
    assert source.live is live


@pytest.mark.parametrize(
    ("text", "error", "line"),
    [
        (
            "ftp://u:secret@host/x",
            UsageError,
            "cannot use camera ftp://u:***@host/x: unknown kind of address ftp://",
        ),
        ("-1", CameraError, "cannot open camera -1: no such file or folder; give an index"),
        (
            "videotestsrc ! fakesink",
            UsageError,
            "GStreamer pipeline that does not end in ! appsink: videotestsrc ! fakesink; let",
        ),
    ],
)
def test_what_cannot_be_understood_is_one_line(text: str, error: type[EdgeAdError], line: str) -> None:
    with pytest.raises(error) as caught:
        source_for(CameraOptions(source=text))
    assert str(caught.value).startswith(line)
