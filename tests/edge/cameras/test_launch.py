"""The fork server behind the capture processes: what follows when it is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from edge.cameras import child
from tests.edge.cameras.capturing import gone, next_frame, wait_for
from tests.edge.cameras.conftest import StartCapture
from tests.edge.cameras.mjpeg_server import MjpegServer


def server_of(pid: int | None) -> int:
    """The parent of a capture process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_captures_share_one_server(folder: Path, capture: StartCapture) -> None:
    cameras = [capture(folder, loop=True) for _ in range(3)]
    for camera in cameras:
        next_frame(camera)
    assert len({camera.process_id for camera in cameras}) == 3
    assert len({server_of(camera.process_id) for camera in cameras}) == 1


def test_one_that_dies_takes_no_camera_with_it_and_is_replaced(
    folder: Path, mjpeg: MjpegServer, capture: StartCapture
) -> None:
    camera = capture(mjpeg.url)
    next_frame(camera)
    old, pid = server_of(camera.process_id), camera.process_id
    os.kill(old, signal.SIGKILL)
    wait_for(lambda: gone(old))
    another = capture(folder, loop=True)
    next_frame(another)
    assert server_of(another.process_id) != old
    for _ in range(5):
        next_frame(camera)
    assert camera.process_id == pid


def test_a_capture_process_that_dies_without_a_server_is_replaced_all_the_same(
    mjpeg: MjpegServer, capture: StartCapture
) -> None:
    camera = capture(mjpeg.url)
    next_frame(camera)
    pid = camera.process_id
    assert pid is not None
    os.kill(server_of(pid), signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: (camera.next_frame(0.05), camera.process_id not in {pid, None})[1])
    next_frame(camera)
    assert camera.lost_because == "capture process died", "nobody is left to say how"


def test_one_that_hangs_is_replaced(
    folder: Path, mjpeg: MjpegServer, capture: StartCapture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "START_LIMIT_S", 0.5)
    camera = capture(mjpeg.url, open_timeout_s=0.5, read_timeout_s=0.3, stall_after_s=0.2)
    next_frame(camera)
    pid = camera.process_id
    assert pid is not None
    os.kill(server_of(pid), signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: (camera.next_frame(0.05), camera.process_id not in {pid, None})[1])
    next_frame(camera)


def test_it_ends_with_its_parent(folder: Path) -> None:
    code = (
        "from edge.cameras.capture import Capture; from edge.cameras.options import CameraOptions; import time\n"
        f"c = Capture(CameraOptions(source={str(folder)!r}, loop=True)); c.start(); c.next_frame(10)\n"
        "print(c.process_id, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        server = server_of(int(parent.stdout.readline()))
        assert server != parent.pid
        parent.kill()
    wait_for(lambda: gone(server), 2.0)


def test_a_capture_stopped_before_it_was_born_leaves_nothing(folder: Path, capture: StartCapture) -> None:
    for _ in range(5):
        begun_s = time.monotonic()
        camera = capture(folder, loop=True)
        camera.stop()
        assert time.monotonic() - begun_s < 1.0
    another = capture(folder, loop=True)
    next_frame(another)
    server = server_of(another.process_id)
    children = Path(f"/proc/{server}/task/{server}/children")
    wait_for(lambda: children.read_text().split() == [str(another.process_id)], 2.0)


def test_a_further_camera_at_1080p_takes_at_most_40_mb(capture: StartCapture) -> None:
    noise = np.random.default_rng(0).normal(128, 6, (1080, 1920, 1)).astype(np.uint8)
    with MjpegServer([np.repeat(noise, 3, axis=2)], fps=15) as server:
        cameras = [capture(server.url) for _ in range(2)]
        for camera in cameras * 10:
            next_frame(camera)
        own_mb = [psutil.Process(camera.process_id).memory_full_info().uss / 1e6 for camera in cameras]
    assert max(own_mb) <= 40
