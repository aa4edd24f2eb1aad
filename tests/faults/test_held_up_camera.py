"""A camera held up while a PLC asks: what waited in buffers must not answer for a part that came later.

Each picture carries the time of its exposure, so that the age of the one that answers is known, not guessed.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from edge.cameras.capture import Capture
from edge.cameras.options import CameraOptions
from edge.inspection.trigger import Ask, Trigger

BITS = 20
FPS = 30
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=f\r\n\r\n"
PART = b"--f\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"


def now_ms() -> int:
    return time.monotonic_ns() // 1_000_000 % (1 << BITS)


def clock_picture() -> bytes:
    """A JPEG whose blocks are the bits of the time at which it is taken."""
    pixels = np.zeros((64, 32 * BITS, 3), np.uint8)
    taken_ms = now_ms()
    for bit in range(BITS):
        pixels[:, 32 * bit : 32 * (bit + 1)] = 255 * (taken_ms >> bit & 1)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def time_in(pixels: np.ndarray) -> int:
    return sum((int(pixels[32, 32 * bit + 16].mean()) > 127) << bit for bit in range(BITS))


def show(client: socket.socket) -> None:
    try:
        client.recv(4096)
        client.sendall(HEAD)
        while True:
            jpeg = clock_picture()
            client.sendall(PART % len(jpeg) + jpeg + b"\r\n")
            time.sleep(1 / FPS)
    except OSError:
        client.close()


@pytest.fixture
def clock_camera() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                while True:
                    threading.Thread(target=show, args=(listening.accept()[0],), daemon=True).start()
            except OSError:  # closed
                return

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/clock"
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(("held_s", "asked_s"), [(0.4, 0.2), (0.9, 0.3), (0.9, 0.88)])
@pytest.mark.parametrize("exposure_lag_ms", [None, 5.0])
def test_no_picture_older_than_the_request_answers_it(
    clock_camera: str, exposure_lag_ms: float | None, held_s: float, asked_s: float
) -> None:
    trigger = Trigger(exposure_lag_ms=exposure_lag_ms, waits=False, changed=lambda: None)
    with Capture(CameraOptions(source=clock_camera)) as camera:
        settled_s = time.monotonic() + 1.5
        while time.monotonic() < settled_s:
            camera.next_frame(0.2)
        process = camera.process_id
        assert process is not None
        os.kill(process, signal.SIGSTOP)
        threading.Timer(held_s, os.kill, (process, signal.SIGCONT)).start()
        time.sleep(asked_s)
        asked_ns, asked_ms = time.monotonic_ns(), now_ms()
        trigger.ask(Ask("4711", asked_ns, asked_ns + 20_000_000_000, lambda outcome: None))
        while True:
            frame = camera.next_frame(0.2)
            if frame is not None and trigger.wanted(frame, camera.interval_ns):
                break
            assert time.monotonic_ns() - asked_ns < 20_000_000_000
        later_ms = (time_in(frame.pixels) - asked_ms) % (1 << BITS)
        assert later_ms < 1 << (BITS - 1), f"exposed {(1 << BITS) - later_ms} ms before the request"
