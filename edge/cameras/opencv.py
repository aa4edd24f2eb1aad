"""The one place that touches ``cv2.VideoCapture``."""

from __future__ import annotations

import time
from collections.abc import Sequence

import cv2
import numpy as np

from edge.cameras.source import Shot


class OpenCvVideo:
    """A ``cv2.VideoCapture`` that says plainly whether it has a picture.

    After a failed read OpenCV keeps ``isOpened()`` True and fails every further read at once, so a user of
    this class must close and open again when ``read`` returns None.
    """

    def __init__(self) -> None:
        self._capture: cv2.VideoCapture | None = None

    def open(self, target: str | int, backend: int, parameters: Sequence[int] = ()) -> bool:
        """Opens a device, file or address with one OpenCV back-end; False where it cannot be opened."""
        self.close()
        try:
            capture = cv2.VideoCapture(target, backend, list(parameters))
        except cv2.error:  # some back-ends throw where others return a closed capture
            return False
        if not capture.isOpened():
            capture.release()
            return False
        self._capture = capture
        return True

    def set(self, prop: int, value: float) -> bool:
        """Sets a property (``cv2.CAP_PROP_*``); False where the driver refuses it."""
        return self._capture is not None and bool(self._capture.set(prop, value))

    def get(self, prop: int) -> float:
        """Reads a property; 0 where it is not known."""
        return float(self._capture.get(prop)) if self._capture is not None else 0.0

    def read(self) -> Shot | None:
        """Waits for the next picture (uint8 [H, W, 3] BGR); None at the end or when the stream is lost."""
        if self._capture is None:
            return None
        try:
            ok, pixels = self._capture.read()
        except cv2.error:
            return None
        if not ok or pixels is None or pixels.size == 0:
            return None
        if pixels.ndim == 2:
            pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
        return Shot(np.asarray(pixels, dtype=np.uint8), time.monotonic_ns())

    def close(self) -> None:
        """Releases the device, file or connection."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None


def has_backend(backend: int) -> bool:
    """Whether this build of OpenCV has a video back-end (``cv2.CAP_*``)."""
    return bool(cv2.videoio_registry.hasBackend(backend))


def timeouts(open_timeout_s: float, read_timeout_s: float) -> list[int]:
    """Parameters of the FFmpeg and GStreamer back-ends, which else wait 30 s; they count only when opening."""
    return [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        round(open_timeout_s * 1000),
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        round(read_timeout_s * 1000),
    ]
