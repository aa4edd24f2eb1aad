from __future__ import annotations

import time
from collections.abc import Iterator

import cv2
import psutil
import pytest

from edge.cameras import opencv
from edge.cameras.options import CameraOptions
from edge.cameras.stream import StreamSource
from edge.errors import CameraError, CameraSilentError
from tests.edge.cameras.conftest import colours
from tests.edge.cameras.mjpeg_server import MjpegServer
from tests.edge.cameras.mute_host import MuteHost
from tests.edge.cameras.rtsp_server import RtspServer

DAMAGED = "a JPEG that is cut off or damaged"


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
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "")
    monkeypatch.delenv("OPENCV_FFMPEG_CAPTURE_OPTIONS")


@pytest.fixture
def mute() -> Iterator[MuteHost]:
    with MuteHost() as host:
        yield host


def test_timeouts_are_given_at_opening_where_alone_they_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opencv.cv2, "VideoCapture", Refusing)
    address = "rtsp://user:secret@10.0.0.7/stream"
    with pytest.raises(CameraError) as caught:
        StreamSource(CameraOptions(source=address, open_timeout_s=2.5, read_timeout_s=0.7)).open()
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 2500, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 700]
    assert Refusing.asked == (address, cv2.CAP_FFMPEG, [*timeouts, cv2.CAP_PROP_N_THREADS, 1])
    assert "rtsp://user:***@10.0.0.7/stream" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_mute_host_is_given_up_in_time(scheme: str, mute: MuteHost) -> None:
    source = StreamSource(CameraOptions(source=f"{scheme}://127.0.0.1:{mute.port}/", open_timeout_s=1))
    assert source.reachable()
    begun_s = time.monotonic()
    with pytest.raises(CameraSilentError, match="no answer within 1 s; check the address"):
        source.open()
    assert 0.9 < time.monotonic() - begun_s <= 1.5


def test_rtsp_comes_over_tcp_and_soon_unless_other_options_are_given_to_ffmpeg(
    rtsp: RtspServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened() -> tuple[float, bool]:
        """Seconds until it is open, and whether it comes over UDP."""
        source = StreamSource(CameraOptions(source=rtsp.url, open_timeout_s=3))
        begun_s = time.monotonic()
        source.open()
        took_s = time.monotonic() - begun_s
        by_udp = psutil.Process().net_connections("udp") != []
        source.close()
        return took_s, by_udp

    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;udp")
    ffmpegs_own_s, by_udp = opened()
    assert by_udp
    monkeypatch.delenv("OPENCV_FFMPEG_CAPTURE_OPTIONS")
    took_s, by_udp = opened()
    assert not by_udp
    assert took_s < ffmpegs_own_s - 0.4  # 0.3 s against 1.1 s


def test_what_comes_in_silence_is_no_news_but_for_a_triggered_camera(rtsp: RtspServer) -> None:
    for triggered in (True, False):
        source = StreamSource(CameraOptions(source=rtsp.url, read_timeout_s=0.4, triggered=triggered))
        source.open()
        for _ in range(12):
            source.read()
        rtsp.freeze()
        stopped_ns = time.monotonic_ns()
        stamps_ns: list[int] = []
        with pytest.raises(CameraSilentError):
            while True:
                stamps_ns.append(source.read().captured_ns)
        silent_s = (time.monotonic_ns() - stopped_ns) / 1e9
        rtsp.thaw()
        source.close()
        assert silent_s < (1.2 if triggered else 0.7)
        assert all(stamp_ns - stopped_ns < 0.3e9 for stamp_ns in stamps_ns)


def test_a_jpeg_that_is_cut_off_is_a_fault_and_the_next_is_sound(mjpeg: MjpegServer) -> None:
    whole = cv2.imencode(".jpg", colours((122, 162)))[1].tobytes()
    mjpeg.send([whole, whole, whole[: len(whole) // 2], whole + b"\0" * 8, b"no picture\xff\xd9"])
    source = StreamSource(CameraOptions(source=mjpeg.url))
    source.open()
    shots = [source.read() for _ in range(5)]
    source.close()
    assert [shot.fault for shot in shots] == ["", "", DAMAGED, "", DAMAGED]
    assert [shot.pixels.shape for shot in shots] == [(122, 162, 3)] * 2 + [(0, 0, 3), (122, 162, 3), (0, 0, 3)]
