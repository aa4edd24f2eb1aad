"""The capture process: how it ends, and what follows from that."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from edge.cameras.capture import CameraState, Capture
from edge.cameras.options import CameraOptions
from tests.edge.cameras.capturing import gone, next_frame, wait_for
from tests.edge.cameras.conftest import StartCapture
from tests.edge.cameras.mjpeg_server import MjpegServer


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
        camera = capture(mjpeg.url, retry_first_s=2.5)
        for _ in range(2):
            pid = camera.process_id
            next_frame(camera)
            wait_for(lambda: (camera.next_frame(0), camera.process_id not in {pid, None})[1])  # noqa: B023 - at once
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
        code = (
            "import edge.cameras.fork_server, sys; print({'openvino', 'zmq', 'typer', 'rich'} & set(sys.modules))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
        assert done.stdout == "set()\n"

    def test_many_starts_leave_no_file_descriptor(self, folder: Path) -> None:
        def cycle() -> int:
            with Capture(CameraOptions(source=str(folder))) as camera:
                next_frame(camera)
            gc.collect()  # what earlier tests left in circles
            return len(list(Path("/proc/self/fd").iterdir()))

        assert cycle() == [cycle() for _ in range(3)][-1]
