"""A network camera as a process of its own, which can be killed and frozen: MJPEG over HTTP on loopback."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from edge.pictures import find_pictures, read_picture
from tests.edge.cameras.mjpeg_server import MjpegServer, grey_steps

ROOT = Path(__file__).parents[2]


class CameraServer:
    """The camera, at the same address in each of its lives.

    Args:
        pictures: folder of what it shows in turn; even grey pictures where not given.
        fps: pictures per second.
    """

    def __init__(self, pictures: Path | None = None, *, fps: float = 25.0) -> None:
        self._pictures = pictures
        self._fps = fps
        self._port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/video"

    def start(self) -> CameraServer:
        """Returns when it takes connections."""
        pictures = [] if self._pictures is None else [str(self._pictures)]
        command = [sys.executable, "-m", "tests.faults.camera_server", str(self._port), str(self._fps), *pictures]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())
        return self

    def kill(self) -> None:
        """As a camera that loses its power."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def freeze(self) -> None:
        """As a camera whose firmware hangs: its connections stay, and nothing comes."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def __enter__(self) -> CameraServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


def main(port: str, fps: str, *pictures: str) -> None:
    shown = [read_picture(path) for folder in pictures for path in find_pictures(Path(folder))]
    with MjpegServer(shown or grey_steps(), fps=float(fps), port=int(port)) as server:
        print(server.port, flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
