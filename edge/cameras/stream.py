"""A network camera: ``rtsp://``, ``rtsps://``, or MJPEG over ``http://`` and ``https://``."""

from __future__ import annotations

import time
from collections.abc import Sequence

import cv2

from edge.cameras.address import without_password
from edge.cameras.opencv import OpenCvVideo, timeouts
from edge.cameras.options import CameraOptions
from edge.cameras.source import Shot
from edge.errors import CameraError

SCHEMES = ("rtsp", "rtsps", "http", "https")


class StreamSource:
    """A stream that FFmpeg reads, with its waits bounded by the camera's timeouts."""

    live = True
    skipped: Sequence[str] = ()

    def __init__(self, options: CameraOptions) -> None:
        self._options = options
        self._shown = without_password(options.source)
        self._video = OpenCvVideo()

    def open(self) -> None:
        """Connects. Raises CameraError where nothing that FFmpeg can read answers in time."""
        options = self._options
        parameters = timeouts(options.open_timeout_s, options.read_timeout_s)
        begun_s = time.monotonic()
        if not self._video.open(options.source, cv2.CAP_FFMPEG, parameters):
            mute = time.monotonic() - begun_s >= options.open_timeout_s
            reason = f"no answer within {options.open_timeout_s:g} s" if mute else "no stream there"
            raise CameraError(
                f"cannot open camera {self._shown}: {reason}",
                hint="check the address, the password and that the camera is on",
            )

    def read(self) -> Shot | None:
        """Waits for the next picture. Raises CameraError where none came in time or the connection broke."""
        shot = self._video.read()
        if shot is None:
            raise CameraError(
                f"camera {self._shown} is lost: no picture within {self._options.read_timeout_s:g} s",
                hint="check its cable and power",
            )
        return shot

    def close(self) -> None:
        """Closes the connection."""
        self._video.close()
