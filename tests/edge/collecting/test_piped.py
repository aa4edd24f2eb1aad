"""Frames through a real pipe."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from edge.cameras.board import CameraState
from edge.collecting.piped import PipedFrames, send_frame, send_hello
from edge.errors import CameraError

PIXELS = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


def test_a_frame_comes_out_as_it_went_in_with_its_time(pipe: tuple[int, int]) -> None:
    def send() -> None:
        send_hello(pipe[1], "top", live=True)
        send_frame(pipe[1], PIXELS[:, 10:210], 7, 123_456_789_012)  # more than the pipe holds, and no block
        send_frame(pipe[1], None, 8, 123_456_789_013)

    sender = threading.Thread(target=send)
    sender.start()
    frames = PipedFrames(pipe[0])
    frame = frames.next_frame(5.0)
    broken = frames.next_frame(5.0)
    sender.join()
    assert frames.live and frames.camera == "top" and frame is not None and broken is not None
    assert (frame.seq, frame.captured_ns, frame.fault) == (7, 123_456_789_012, "")
    assert np.array_equal(frame.pixels, PIXELS[:, 10:210])
    assert broken.fault == "the station could not use this frame"
    assert frames.next_frame(0.01) is None and frames.state is CameraState.STREAMING


def test_a_station_that_dies_in_the_midst_of_a_frame_is_the_end(pipe: tuple[int, int]) -> None:
    send_hello(pipe[1], "top", live=False)
    frames = PipedFrames(pipe[0])
    os.write(pipe[1], b"\x10\0\0\0\x10\0\0\0" + bytes(16) + b"half of it")
    os.close(pipe[1])
    assert not frames.live
    assert frames.next_frame(5.0) is None
    assert frames.state is CameraState.ENDED
    assert frames.next_frame(5.0) is None


def test_who_has_enough_is_sent_no_more(pipe: tuple[int, int]) -> None:
    send_hello(pipe[1], "top", live=False)
    PipedFrames(pipe[0]).close()
    with pytest.raises(BrokenPipeError):
        send_frame(pipe[1], PIXELS, 1, 1)


def test_a_person_who_gives_the_option_of_the_station_is_told(pipe: tuple[int, int]) -> None:
    os.close(pipe[1])
    with pytest.raises(CameraError, match=r"no frames come from the station; '--camera -' is for a running"):
        PipedFrames(pipe[0])


def test_what_is_no_frame_is_refused(pipe: tuple[int, int]) -> None:
    os.write(pipe[1], b"\0\0" + b"\xff" * 24)
    with pytest.raises(CameraError, match="no frame comes from the station"):
        PipedFrames(pipe[0]).next_frame(5.0)


def test_a_process_ends_with_the_station_also_while_it_reads_no_frames() -> None:
    reads_nothing = (
        "import time; from edge.collecting.piped import PipedFrames, end_with_station;"
        "frames = PipedFrames(0); end_with_station(0); frames.close(); print(flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", reads_nothing]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as child:
        assert child.stdin is not None and child.stdout is not None
        send_hello(child.stdin.fileno(), "top", live=False)
        send_frame(child.stdin.fileno(), PIXELS[:10], 1, 1)
        child.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.2)
        child.stdin.close()
        assert child.wait(10.0) == -signal.SIGTERM
