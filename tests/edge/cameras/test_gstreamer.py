"""Pipelines of the system's own GStreamer; silence and loss are in test_every_source.py."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from edge.cameras import gstreamer_pipeline
from edge.cameras.gstreamer import GStreamerSource
from edge.cameras.options import CameraOptions
from edge.errors import CameraError, CameraSilentError, UsageError
from tests.edge.cameras.loopback import need_gstreamer
from tests.edge.cameras.mute_host import MuteHost
from tests.edge.cameras.rtsp_server import RtspServer

MakeSource = Callable[..., GStreamerSource]


@pytest.fixture
def source() -> Iterator[MakeSource]:
    need_gstreamer()
    made: list[GStreamerSource] = []

    def make(pipeline: str, **options: object) -> GStreamerSource:
        made.append(GStreamerSource(CameraOptions.model_validate({"source": pipeline, **options})))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize(
    ("end", "red"),
    [
        ("appsink", (0, 0, 255)),
        ("videoconvert ! video/x-raw,format=BGR ! appsink drop=true max-buffers=1 sync=false", (0, 0, 255)),
        ("videoconvert ! video/x-raw,format=RGB ! appsink", (0, 0, 255)),
        ('videoconvert ! video/x-raw,format=GRAY8 ! appsink name=a caps="video/x-raw, format=BGR"', (77, 77, 77)),
    ],
)
def test_any_ending_gives_bgr_in_the_size_of_the_pipeline(
    end: str, red: tuple[int, int, int], source: MakeSource
) -> None:
    camera = source(f"gst: videotestsrc pattern=red num-buffers=3 ! video/x-raw,width=161,height=50 ! {end}")
    camera.open()
    shot = camera.read()
    assert shot.pixels.shape == (50, 161, 3)
    for corner in (shot.pixels[0, 0], shot.pixels[49, 160]):
        assert corner.tolist() == pytest.approx(red, abs=30)


def test_only_the_newest_waits_but_of_a_triggered_camera_all_do(source: MakeSource) -> None:
    def pictures(*, triggered: bool) -> int:
        pipeline = "videotestsrc num-buffers=6 ! video/x-raw,width=64,height=64 ! appsink sync=false"
        camera = source(pipeline, triggered=triggered)
        camera.open()
        time.sleep(0.3)
        count = 0
        with pytest.raises(CameraError, match="ended: no more pictures"):
            while camera.read() is not None:
                count += 1
        return count

    assert pictures(triggered=True) == 6
    assert pictures(triggered=False) <= 2  # the first, for which opening waits, and the last


@pytest.mark.parametrize(
    ("pipeline", "reason"),
    [
        ("videotestsrc ! nonsense ! appsink", r'cannot start GStreamer .*: no element "nonsense"; try it with'),
        ("videotestsrc ! ! appsink", r"cannot start GStreamer .*: "),
        ("filesrc location=/nowhere ! decodebin ! appsink", r"cannot start GStreamer .*: Resource not found;"),
        (
            "rtspsrc location=rtsp://u:secret@127.0.0.1:1/ ! decodebin ! appsink",
            r"rtsp://u:\*\*\*@127.* ended: Could not open resource .*; check its camera",
        ),
    ],
)
def test_what_does_not_run_says_why_in_one_line_and_at_once(
    pipeline: str, reason: str, source: MakeSource
) -> None:
    begun_s = time.monotonic()
    with pytest.raises(CameraError, match=reason) as caught:
        source(pipeline).open()
    assert time.monotonic() - begun_s < 2
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_mute_host_is_given_up_in_time_and_let_go_at_once(source: MakeSource) -> None:
    with MuteHost() as mute:
        camera = source(f"rtspsrc location=rtsp://127.0.0.1:{mute.port}/ ! decodebin ! appsink", open_timeout_s=1)
        begun_s = time.monotonic()
        with pytest.raises(CameraSilentError, match="gave no picture within 1 s"):
            camera.open()
        camera.close()
        assert time.monotonic() - begun_s <= 1.5


def test_a_triggered_camera_opens_without_a_picture(source: MakeSource) -> None:
    with MuteHost() as mute:
        pipeline = f"tcpclientsrc host=127.0.0.1 port={mute.port} ! jpegparse ! jpegdec ! appsink"
        camera = source(pipeline, triggered=True, read_timeout_s=0.2)
        begun_s = time.monotonic()
        camera.open()
        assert time.monotonic() - begun_s < 1
        with pytest.raises(CameraSilentError):
            camera.read()


def test_rtsp_by_gstreamer(source: MakeSource, rtsp: RtspServer) -> None:
    camera = source(f"rtspsrc location={rtsp.url} protocols=tcp latency=0 ! decodebin ! appsink sync=false")
    camera.open()
    assert camera.read().pixels[30, 30].tolist() == pytest.approx([255, 0, 0], abs=12)


def test_a_long_run_holds_no_more_than_a_short_one(source: MakeSource) -> None:
    camera = source("videotestsrc ! video/x-raw,width=640,height=480 ! appsink sync=false")
    camera.open()
    for _ in range(100):
        camera.read()
    before = psutil.Process().memory_info().rss
    for _ in range(400):  # 370 MB of pictures
        camera.read()
    assert psutil.Process().memory_info().rss - before < 10e6


def test_a_system_without_gstreamer_says_what_to_install(
    source: MakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gstreamer_pipeline, "LIBRARIES", {"libno-such-thing.so.0": {}})
    gstreamer_pipeline._library.cache_clear()
    with pytest.raises(CameraError, match=r"cannot load GStreamer: .*; install it: apt install gstreamer1.0-plug"):
        source("videotestsrc ! appsink").open()
    gstreamer_pipeline._library.cache_clear()


def test_the_place_that_a_pipeline_names_is_looked_at(tmp_path: Path) -> None:
    def reachable(pipeline: str) -> bool:
        return GStreamerSource(CameraOptions(source=f"{pipeline} ! appsink")).reachable()

    with MuteHost() as mute:
        address = f"rtsp://user:pw@127.0.0.1:{mute.port}/stream"
        assert reachable(f"rtspsrc location={address} latency=0 ! decodebin")
        assert reachable(f'rtspsrc latency=0 location="{address}" ! decodebin')
    assert not reachable(f"rtspsrc location={address} latency=0 ! decodebin")
    assert not reachable("v4l2src device=/dev/video93 ! videoconvert")
    assert reachable("v4l2src device=/dev/null ! videoconvert")
    assert reachable("filesrc location=/parts.mp4 ! decodebin")
    assert reachable("nvarguscamerasrc sensor-id=0 ! nvvidconv")


@pytest.mark.parametrize("pipeline", ["videotestsrc ! fakesink", "videotestsrc ! appsink ! queue", "gst:appsink"])
def test_a_pipeline_must_end_in_an_appsink(pipeline: str) -> None:
    with pytest.raises(UsageError, match="does not end in ! appsink: .*; let the branch"):
        GStreamerSource(CameraOptions(source=pipeline))
