"""The one place that touches ``cv2.VideoCapture``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
from numpy.typing import NDArray


class OpenCvVideo:
    """A ``cv2.VideoCapture`` that says plainly whether it has a picture.

    After a failed read OpenCV keeps ``isOpened()`` True. A device may then be read again; FFmpeg fails every
    further read at once and must be closed and opened again.

    Attributes:
        going: it is open, and the last read gave a picture.
    """

    def __init__(self) -> None:
        self._capture: cv2.VideoCapture | None = None
        self.going = False

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
        self.going = True
        return True

    def gives_packets_of(self, codec: str) -> bool:
        """Where FFmpeg reads this codec (its four letters), makes ``read`` give undecoded bytes, uint8 [1, N]."""
        same = int(self.get(cv2.CAP_PROP_FOURCC)) == cv2.VideoWriter.fourcc(*codec)
        return same and self.set(cv2.CAP_PROP_FORMAT, -1)

    def set(self, prop: int, value: float) -> bool:
        """Sets a property (``cv2.CAP_PROP_*``); False where the driver refuses it."""
        return self._capture is not None and bool(self._capture.set(prop, value))

    def get(self, prop: int) -> float:
        """Reads a property; 0 where it is not known."""
        return float(self._capture.get(prop)) if self._capture is not None else 0.0

    def read(self) -> NDArray[Any] | None:
        """Waits for the next picture, as the back-end decodes it; None at the end, in silence or when lost."""
        if self._capture is None:
            return None
        decoded = None
        try:
            self.going, decoded = self._capture.read()
        except cv2.error:
            self.going = False
        return decoded if self.going else None

    def close(self) -> None:
        """Releases the device, file or connection."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None
            self.going = False


def timeouts(open_timeout_s: float, read_timeout_s: float) -> list[int]:
    """Parameters of the FFmpeg back-end, which else waits 30 s; they count only when opening."""
    return [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        round(open_timeout_s * 1000),
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        round(read_timeout_s * 1000),
    ]
