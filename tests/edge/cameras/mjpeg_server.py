"""A network camera on loopback: MJPEG over HTTP, which can stall, die and come back at the same address."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
from numpy.typing import NDArray

BOUNDARY = "frame"


class MjpegServer:
    """Serves pictures in a circle to any number of clients.

    Args:
        pictures: uint8 [H, W, 3] BGR each; grey steps of one size where not given.
        fps: pictures per second and client.
        port: of the loopback; a free one where not given.

    Attributes:
        mute: while set, clients get no bytes; new ones are accepted and not answered.
        served: pictures sent so far.
        clients: connections so far.
        port: where it listens, the same after a restart.
    """

    def __init__(
        self, pictures: Sequence[NDArray[np.uint8]] | None = None, *, fps: float = 50.0, port: int = 0
    ) -> None:
        self.mute = threading.Event()
        self.served = 0
        self.clients = 0
        self._jpegs: list[bytes] = []
        self.show(pictures or grey_steps())
        self._step_s = 1 / fps
        self.port = port
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/video"

    def show(self, pictures: Sequence[NDArray[np.uint8]]) -> None:
        """Gives other pictures to those who connect later."""
        self.send([_jpeg(picture) for picture in pictures])

    def send(self, jpegs: Sequence[bytes]) -> None:
        """The same for what is coded already, or is not a picture."""
        self._jpegs = list(jpegs)

    def start(self) -> MjpegServer:
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def kill(self) -> None:
        """Resets every connection and refuses new ones, as a camera that lost its power."""
        if self._server is not None:
            self._server.down.set()
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> MjpegServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


def grey_steps(size: tuple[int, int] = (120, 160)) -> list[NDArray[np.uint8]]:
    """Even pictures uint8 [height, width, 3] of growing brightness, so that a change is seen in one pixel."""
    return [np.full((*size, 3), level, dtype=np.uint8) for level in range(0, 256, 16)]


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], camera: MjpegServer) -> None:
        self.camera = camera
        self.down = threading.Event()
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        camera, down = self.server.camera, self.server.down
        camera.clients += 1
        while camera.mute.is_set() and not down.wait(0.02):
            pass
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        self.end_headers()
        for jpeg in itertools.cycle(camera._jpegs):
            if down.wait(camera._step_s):
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if not camera.mute.is_set():
                head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
                camera.served += 1

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged."""


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(".jpg", picture)
    assert done
    return data.tobytes()
