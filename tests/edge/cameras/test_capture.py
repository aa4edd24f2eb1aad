"""Every kind of camera that runs on loopback, through the real capture process."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from edge.cameras.capture import CameraState, Capture
from edge.cameras.options import CameraOptions
from edge.errors import CameraError, PictureError
from tests.edge.cameras.capturing import PATIENCE_S, cpu_s, gone, next_frame, wait_for
from tests.edge.cameras.conftest import StartCapture
from tests.edge.cameras.mjpeg_server import MjpegServer


class TestEverySource:
    @pytest.fixture(params=["folder", "glob", "video", "mjpeg"])
    def source(self, request: pytest.FixtureRequest) -> str:
        if request.param in {"folder", "glob"}:
            ending = "" if request.param == "folder" else "/part-*.png"
            return f"{request.getfixturevalue('folder')}{ending}"
        if request.param == "mjpeg":
            return str(request.getfixturevalue("mjpeg").url)
        return str(request.getfixturevalue("video"))

    def test_gives_whole_frames_with_growing_numbers_and_stops_at_once(
        self, source: str, capture: StartCapture
    ) -> None:
        camera = capture(source, name="top", loop=True)
        camera.wait_until_open()
        assert camera.state is CameraState.STREAMING
        asked_ns = time.monotonic_ns()
        frames = [next_frame(camera) for _ in range(12)]
        seqs = [frame.seq for frame in frames]
        assert seqs == sorted(set(seqs))
        assert {frame.camera for frame in frames} == {"top"}
        for frame in frames:
            assert frame.pixels.dtype == np.uint8
            assert frame.pixels.shape[1:] in {(80, 3), (160, 3)}
            assert int(frame.pixels.max()) - int(frame.pixels.min()) <= 8, "one frame must not mix two pictures"
            assert abs(frame.captured_ns - asked_ns) < PATIENCE_S * 1e9
        pid = camera.process_id
        begun_s = time.monotonic()
        camera.stop()
        assert time.monotonic() - begun_s < 1.0
        assert pid is not None
        assert gone(pid)
        camera.stop()
        assert camera.state is CameraState.CLOSED

    def test_every_captured_frame_is_handed_out_or_counted_as_dropped(
        self, source: str, capture: StartCapture
    ) -> None:
        camera = capture(source, loop=True, fps=100)
        handed = 0
        while camera.captured < 40:
            next_frame(camera)
            handed += 1
            time.sleep(0.03)  # slower than the camera
        camera.stop()
        assert camera.captured == handed + camera.dropped
        assert camera.dropped > 0


class TestOpening:
    @pytest.mark.parametrize(
        ("source", "line"),
        [
            ("93", "cannot open camera 93: no such device /dev/video93; plug it in, or give another index, "),
            ("/dev/no-camera", "cannot open camera /dev/no-camera: no such device /dev/no-camera; plug it in"),
            ("http://127.0.0.1:9/", "cannot open camera http://127.0.0.1:9/: no stream there; check the address"),
        ],
    )
    def test_a_camera_that_is_not_there_is_one_line(self, source: str, line: str, capture: StartCapture) -> None:
        with pytest.raises(CameraError) as caught:
            capture(source).wait_until_open()
        assert str(caught.value).startswith(line)

    def test_an_empty_folder_is_named(self, tmp_path: Path, capture: StartCapture) -> None:
        with pytest.raises(PictureError, match=f"no pictures in {tmp_path}; these kinds are read: .bmp"):
            capture(tmp_path).wait_until_open()

    def test_a_glob_without_a_match_is_named(self, tmp_path: Path, capture: StartCapture) -> None:
        with pytest.raises(PictureError, match=r"no pictures match .*/\*\.png; quote the pattern"):
            capture(tmp_path / "*.png").wait_until_open()

    def test_a_file_that_is_no_video_is_named(self, tmp_path: Path, capture: StartCapture) -> None:
        (tmp_path / "parts.mp4").write_bytes(b"no video" * 100)
        with pytest.raises(CameraError, match=r"parts.mp4: not a video that FFmpeg can read; give"):
            capture(tmp_path / "parts.mp4").wait_until_open()

    def test_a_mute_server_is_given_up_in_time(self, mjpeg: MjpegServer, capture: StartCapture) -> None:
        mjpeg.mute.set()
        camera = capture(mjpeg.url, open_timeout_s=0.4)
        begun_s = time.monotonic()
        with pytest.raises(CameraError, match=r"no answer within 0.4 s; check the address"):
            camera.wait_until_open()
        assert time.monotonic() - begun_s < 3

    def test_next_frame_tells_it_too(self, capture: StartCapture) -> None:
        with pytest.raises(CameraError, match="no such device"):
            capture("93").next_frame(PATIENCE_S)

    def test_a_capture_that_was_not_started_says_so(self, folder: Path) -> None:
        with pytest.raises(CameraError, match="is not started"):
            Capture(CameraOptions(source=str(folder))).next_frame(0)


class TestLiveCamera:
    def test_the_newest_frame_counts(self, mjpeg: MjpegServer, capture: StartCapture) -> None:
        camera = capture(mjpeg.url)
        first = next_frame(camera)
        time.sleep(1.0)
        late = next_frame(camera)
        assert late.seq >= first.seq + 10
        assert time.monotonic_ns() - late.captured_ns < 0.8e9
        assert camera.dropped >= late.seq - first.seq - 1

    def test_a_server_killed_and_back_gives_frames_within_two_seconds(
        self, mjpeg: MjpegServer, capture: StartCapture
    ) -> None:
        camera = capture(mjpeg.url, read_timeout_s=0.5)
        before = next_frame(camera)
        mjpeg.kill()
        while camera.next_frame(0.3) is not None:
            pass
        wait_for(lambda: camera.state is CameraState.STALLED)
        pid = camera.process_id
        back_s = time.monotonic()
        mjpeg.start()
        after = next_frame(camera, 2.0)
        assert time.monotonic() - back_s < 2.0
        assert camera.state is CameraState.STREAMING
        assert after.seq > before.seq
        assert camera.process_id == pid, "a lost stream is opened again in the same process"
        assert "is lost" in camera.lost_because or "no stream there" in camera.lost_because

    def test_a_stall_is_seen_and_overcome(self, mjpeg: MjpegServer, capture: StartCapture) -> None:
        camera = capture(mjpeg.url, read_timeout_s=0.3, open_timeout_s=0.5)
        next_frame(camera)
        mjpeg.mute.set()
        wait_for(lambda: (camera.next_frame(0.05), camera.state is CameraState.STALLED)[1], 2.0)
        begun_s = time.monotonic()
        mjpeg.mute.clear()
        next_frame(camera, 3.0)
        assert time.monotonic() - begun_s < 3.0
        assert camera.state is CameraState.STREAMING

    def test_stop_is_quick_while_the_server_is_mute(self, mjpeg: MjpegServer, capture: StartCapture) -> None:
        camera = capture(mjpeg.url, read_timeout_s=30)
        next_frame(camera)
        mjpeg.mute.set()
        time.sleep(0.1)
        pid = camera.process_id
        begun_s = time.monotonic()
        camera.stop()
        assert time.monotonic() - begun_s < 1.0
        assert pid is not None
        assert gone(pid)

    def test_an_absent_camera_costs_no_cpu(self, mjpeg: MjpegServer, capture: StartCapture) -> None:
        camera = capture(mjpeg.url, read_timeout_s=0.2)
        next_frame(camera)
        mjpeg.kill()
        wait_for(lambda: (camera.next_frame(0.05), camera.state is CameraState.STALLED)[1])
        mine_s, child_s = time.process_time(), cpu_s(camera.process_id)
        assert camera.next_frame(1.0) is None
        assert time.process_time() - mine_s < 0.1
        assert cpu_s(camera.process_id) - child_s < 0.2


class TestSeveralThreads:
    def test_each_frame_goes_to_one_of_them_and_all_see_the_end(self, folder: Path, capture: StartCapture) -> None:
        camera = capture(folder)
        seqs: list[int] = []
        askers_stop = threading.Event()

        def lane() -> None:
            while camera.state is not CameraState.ENDED:
                assert camera.wait_ready(PATIENCE_S)
                frame = camera.take()
                if frame is not None:
                    seqs.append(frame.seq)
                    time.sleep(0.01)

        def ask() -> None:
            while not askers_stop.is_set():
                assert camera.captured >= camera.dropped
                assert (camera.lost_because, camera.skipped) == ("", ())

        with ThreadPoolExecutor() as pool:
            asker = pool.submit(ask)
            lanes = [pool.submit(lane) for _ in range(4)]
            for done in lanes:
                done.result(PATIENCE_S)
            askers_stop.set()
            asker.result(PATIENCE_S)
        assert sorted(seqs) == list(range(10))
        assert camera.captured == 10

    def test_one_that_waits_keeps_nobody_waiting(self, mjpeg: MjpegServer, capture: StartCapture) -> None:
        camera = capture(mjpeg.url, read_timeout_s=30)
        next_frame(camera)
        mjpeg.mute.set()
        wait_for(lambda: camera.next_frame(0.1) is None)
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(camera.wait_ready, 0.6)
            time.sleep(0.1)
            begun_s = time.monotonic()
            for _ in range(20):
                assert camera.state is CameraState.STREAMING
                assert camera.take() is None
            assert time.monotonic() - begun_s < 0.3
            assert waiting.result(PATIENCE_S) is False

    def test_all_that_wait_wake_when_the_process_is_replaced(
        self, mjpeg: MjpegServer, capture: StartCapture
    ) -> None:
        camera = capture(mjpeg.url)
        next_frame(camera)
        with ThreadPoolExecutor() as pool:
            assert camera.process_id is not None
            os.kill(camera.process_id, signal.SIGKILL)
            wait_for(lambda: gone(camera.process_id or 0))
            while camera.take() is not None:
                pass
            waiting = [pool.submit(camera.wait_ready, PATIENCE_S) for _ in range(3)]
            assert [one.result(3.0) for one in waiting] == [True] * 3
        assert camera.take() is not None

    def test_all_that_wait_wake_when_it_is_stopped(self, mjpeg: MjpegServer, capture: StartCapture) -> None:
        camera = capture(mjpeg.url, read_timeout_s=30)
        next_frame(camera)
        mjpeg.mute.set()
        wait_for(lambda: camera.next_frame(0.1) is None)
        with ThreadPoolExecutor() as pool:
            waiting = [pool.submit(camera.wait_ready, PATIENCE_S) for _ in range(3)]
            time.sleep(0.05)
            camera.stop()
            assert [one.result(1.0) for one in waiting] == [True] * 3
        assert camera.take() is None
        assert camera.next_frame(PATIENCE_S) is None


class TestWaitReady:
    def test_a_frame_that_is_ready_stays_so_until_it_is_taken(self, folder: Path, capture: StartCapture) -> None:
        camera = capture(folder / "part-00.png")
        for _ in range(3):
            assert camera.wait_ready(PATIENCE_S)
        frame = camera.take()
        assert frame is not None and frame.picture == "part-00.png"
        assert camera.wait_ready(PATIENCE_S), "it has ended, and that is worth a look"
        assert camera.take() is None
        assert camera.state is CameraState.ENDED

    def test_what_is_taken_is_the_newest_when_it_is_taken(self, mjpeg: MjpegServer, capture: StartCapture) -> None:
        camera = capture(mjpeg.url)
        assert camera.wait_ready(PATIENCE_S)
        time.sleep(1.0)  # waiting for its turn
        frame = camera.take()
        assert frame is not None
        assert time.monotonic_ns() - frame.captured_ns < 0.8e9
        assert frame.seq >= 10
        assert 0.02e9 <= camera.interval_ns < 0.5e9, "50 per second"

    def test_an_error_of_the_camera_is_raised_to_who_waits(self, capture: StartCapture) -> None:
        with pytest.raises(CameraError, match="no such device"):
            capture("93").wait_ready(PATIENCE_S)
