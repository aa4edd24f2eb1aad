"""Every kind of camera that runs on loopback, through the real capture process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.capture import CameraState, Capture
from edge.cameras.options import CameraOptions
from edge.errors import CameraError, PictureError
from edge.frame import Frame
from tests.edge.cameras.conftest import LEVELS, StartCapture
from tests.edge.cameras.mjpeg_server import MjpegServer

PATIENCE_S = 10.0


def next_frame(camera: Capture, within_s: float = PATIENCE_S) -> Frame:
    frame = camera.next_frame(within_s)
    assert frame is not None, f"no frame within {within_s} s, state {camera.state}"
    return frame


def rest(camera: Capture) -> list[Frame]:
    frames = []
    while (frame := camera.next_frame(PATIENCE_S)) is not None:
        frames.append(frame)
    return frames


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # An orphan that nobody reaped is dead too.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def wait_for(condition: object, within_s: float = PATIENCE_S) -> None:
    assert callable(condition)
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.01)


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
        assert time.monotonic() - begun_s < 0.5
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


class TestFiles:
    @pytest.mark.parametrize("kind", ["folder", "video"])
    def test_every_picture_is_waited_for(
        self, kind: str, capture: StartCapture, request: pytest.FixtureRequest
    ) -> None:
        camera = capture(request.getfixturevalue(kind))
        levels = []
        for _ in LEVELS:
            levels.append(int(next_frame(camera).pixels.mean().round()))
            time.sleep(0.02)  # an inspector slower than the disk
        assert np.allclose(levels, LEVELS, atol=4)
        assert camera.next_frame(PATIENCE_S) is None
        assert camera.state is CameraState.ENDED
        assert (camera.captured, camera.dropped) == (len(LEVELS), 0)

    def test_pictures_come_by_name_with_their_own_size(self, folder: Path, capture: StartCapture) -> None:
        frames = rest(capture(folder))
        assert [frame.picture for frame in frames] == [f"part-{i:02}.png" for i in range(10)]
        assert [frame.pixels.shape[0] for frame in frames] == [60 + 20 * (i % 3) for i in range(10)]

    def test_the_end_is_told_only_after_the_last_picture(self, folder: Path, capture: StartCapture) -> None:
        camera = capture(folder / "part-0[0-2].png")
        camera.wait_until_open()
        wait_for(lambda: camera.captured == 3 and gone(camera.process_id or 0))
        for _ in range(3):
            assert camera.state is CameraState.STREAMING
            next_frame(camera)
        assert camera.state is CameraState.ENDED

    def test_frames_that_are_kept_never_change(self, folder: Path, capture: StartCapture) -> None:
        frames = rest(capture(folder))
        assert [int(frame.pixels.mean()) for frame in frames] == list(LEVELS)

    def test_a_part_of_a_frame_keeps_it_from_changing(self, folder: Path, capture: StartCapture) -> None:
        camera = capture(folder, loop=True)
        corner = next_frame(camera).pixels[:2][:, :2]
        for _ in range(30):
            next_frame(camera)
        assert int(corner.max()) == LEVELS[0]

    def test_a_picture_larger_than_all_before_grows_the_ring(self, folder: Path, capture: StartCapture) -> None:
        large = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3), dtype=np.uint8)
        assert cv2.imwrite(str(folder / "part-05.png"), large)
        by_name = {frame.picture: frame for frame in rest(capture(folder))}
        assert np.array_equal(by_name["part-05.png"].pixels, large)
        assert int(by_name["part-09.png"].pixels.mean()) == LEVELS[9]

    def test_a_damaged_picture_is_skipped_and_named_once(self, folder: Path, capture: StartCapture) -> None:
        (folder / "part-04.png").write_bytes(b"not a picture")
        camera = capture(folder, loop=True)
        names = [next_frame(camera).picture for _ in range(20)]
        assert "part-04.png" not in names
        assert camera.skipped == ("part-04.png",)

    def test_with_fps_it_plays_in_real_time(self, folder: Path, capture: StartCapture) -> None:
        camera = capture(folder, fps=20)
        frames = rest(camera)
        stamps_s = [frame.captured_ns / 1e9 for frame in frames]
        assert camera.captured == len(LEVELS)
        assert stamps_s[-1] - stamps_s[0] > 0.3
        assert camera.state is CameraState.ENDED

    def test_a_loop_that_has_become_unreadable_is_an_error(self, folder: Path, capture: StartCapture) -> None:
        camera = capture(folder, loop=True)
        next_frame(camera)
        for path in folder.iterdir():
            path.write_bytes(b"")
        with pytest.raises(CameraError, match=r"none of the 10 pictures in .* can be decoded; replace"):
            for _ in range(30):
                next_frame(camera)

    def test_a_hung_file_source_is_an_error_not_a_new_beginning(self, folder: Path, capture: StartCapture) -> None:
        camera = capture(folder, fps=5, loop=True, open_timeout_s=0.2, stall_after_s=0.2)
        next_frame(camera)
        assert camera.process_id is not None
        os.kill(camera.process_id, signal.SIGSTOP)
        with pytest.raises(CameraError, match="made no progress and was killed"):
            for _ in range(20):
                camera.next_frame(PATIENCE_S)


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
        time.sleep(0.5)
        late = next_frame(camera)
        assert late.seq >= first.seq + 10
        assert time.monotonic_ns() - late.captured_ns < 0.2e9
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
        assert time.monotonic() - begun_s < 0.5
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


class TestCaptureProcess:
    def test_a_hung_one_is_killed_and_replaced(self, mjpeg: MjpegServer, capture: StartCapture) -> None:
        camera = capture(mjpeg.url, read_timeout_s=0.5, stall_after_s=0.3)
        before = [next_frame(camera) for _ in range(3)][-1]  # past the first, which has more time
        hung = camera.process_id
        assert hung is not None
        os.kill(hung, signal.SIGSTOP)
        time.sleep(0.05)
        camera.next_frame(0)  # what was in the ring already
        begun_s = time.monotonic()
        after = next_frame(camera)
        assert time.monotonic() - begun_s < 3.0
        assert gone(hung)
        assert camera.process_id != hung
        assert after.seq > before.seq
        assert camera.lost_because == "capture process made no progress and was killed"

    def test_one_that_dies_before_it_counts_its_first_frame_was_open(
        self, mjpeg: MjpegServer, capture: StartCapture
    ) -> None:
        camera = capture(mjpeg.url)
        next_frame(camera)
        assert camera._process is not None
        assert camera.process_id is not None
        os.kill(camera.process_id, signal.SIGKILL)
        wait_for(lambda: gone(camera.process_id or 0))
        while camera.next_frame(0) is not None:
            pass
        camera._process.board.captured = 0  # as left behind by a kill between the two steps
        after = next_frame(camera)
        camera.stop()
        assert after.seq >= 1
        assert camera.captured >= 2

    def test_frames_stay_counted_across_a_replacement(self, mjpeg: MjpegServer, capture: StartCapture) -> None:
        camera = capture(mjpeg.url)
        handed = 0
        for _ in range(2):
            for _ in range(5):
                next_frame(camera)
                handed += 1
                time.sleep(0.03)
            assert camera.process_id is not None
            os.kill(camera.process_id, signal.SIGKILL)
        last = next_frame(camera)
        handed += 1
        camera.stop()
        assert camera.captured == handed + camera.dropped
        assert camera.captured > last.seq

    def test_one_that_dies_again_and_again_is_replaced_with_pauses(
        self, mjpeg: MjpegServer, capture: StartCapture
    ) -> None:
        camera = capture(mjpeg.url, retry_first_s=1.5)
        for _ in range(2):
            next_frame(camera)
            assert camera.process_id is not None
            os.kill(camera.process_id, signal.SIGKILL)
            wait_for(lambda: gone(camera.process_id or 0))
        wait_for(lambda: camera.next_frame(0) is None)
        mine_s = time.process_time()
        assert camera.next_frame(0.4) is None
        assert time.process_time() - mine_s < 0.1
        assert camera.state is CameraState.STALLED
        assert camera.lost_because == "capture process died (-9)"
        next_frame(camera)

    def test_it_ignores_ctrl_c_and_sigterm(self, mjpeg: MjpegServer, capture: StartCapture) -> None:
        camera = capture(mjpeg.url)
        next_frame(camera)
        pid = camera.process_id
        assert pid is not None
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(pid, number)
        time.sleep(0.1)
        next_frame(camera)
        assert camera.process_id == pid

    def test_it_dies_with_its_parent(self, mjpeg: MjpegServer) -> None:
        code = (
            "import time\n"
            "from edge.cameras.capture import Capture; from edge.cameras.options import CameraOptions\n"
            f"c = Capture(CameraOptions(source={mjpeg.url!r}, read_timeout_s=30))\n"
            "c.start(); c.wait_until_open()\n"
            "print(c.process_id, flush=True); time.sleep(60)"
        )
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            pid = int(parent.stdout.readline())
            assert not gone(pid)
            mjpeg.mute.set()  # so that it waits inside the driver
            time.sleep(0.1)
            parent.kill()
        wait_for(lambda: gone(pid), 2.0)

    def test_a_parent_that_forgets_to_stop_ends_without_a_word(self, folder: Path) -> None:
        code = (
            "from edge.cameras.capture import Capture; from edge.cameras.options import CameraOptions\n"
            f"c = Capture(CameraOptions(source={str(folder)!r})); c.start(); print(c.next_frame(10).picture)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
        )
        assert (done.stdout, done.stderr, done.returncode) == ("part-00.png\n", "", 0)

    def test_its_imports_are_light(self) -> None:
        code = "import edge.cameras.process, sys; print({'openvino', 'zmq', 'typer', 'rich'} & set(sys.modules))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
        assert done.stdout == "set()\n"

    def test_many_starts_leave_no_file_descriptor(self, folder: Path) -> None:
        def cycle() -> int:
            with Capture(CameraOptions(source=str(folder))) as camera:
                next_frame(camera)
            return len(list(Path("/proc/self/fd").iterdir()))

        assert cycle() == [cycle() for _ in range(3)][-1]


def cpu_s(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
