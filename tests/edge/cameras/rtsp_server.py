"""A network camera on loopback: H.264 over RTSP from a process of its own, which can freeze, die and come back."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

PROGRAM = Path(__file__).with_name("gst_rtsp.py")
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that the system's GStreamer binding is made for


class RtspServer:
    """Serves pictures in a circle at 25 a second to any number of clients.

    Args:
        folder: where it keeps the pictures.
        pictures: uint8 [H, W, 3] BGR each; even sizes.
    """

    def __init__(self, folder: Path, pictures: Sequence[NDArray[np.uint8]]) -> None:
        self._folder = folder
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.show(pictures)

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._port}/video"

    def show(self, pictures: Sequence[NDArray[np.uint8]]) -> None:
        """Gives other pictures, no fewer than before, to those who connect later."""
        for number, picture in enumerate(pictures):
            assert cv2.imwrite(str(self._folder / f"{number}.png"), picture)

    def start(self) -> RtspServer:
        command = [SYSTEM_PYTHON, str(PROGRAM), str(self._port), str(self._folder / "%d.png")]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())
        return self

    def freeze(self) -> None:
        """Stops in the middle of what it does; its connections stay open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            assert self._process.stdout is not None
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process = None

    def __enter__(self) -> RtspServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
