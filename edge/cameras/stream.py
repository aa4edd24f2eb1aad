"""A network camera: ``rtsp://``, ``rtsps://``, or MJPEG over ``http://`` and ``https://``."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import cv2
from numpy.typing import NDArray

from edge.cameras.address import PORTS, takes_connections, without_password
from edge.cameras.opencv import OpenCvVideo, timeouts
from edge.cameras.pixels import as_shot, no_pixels
from edge.cameras.source import Shot
from edge.errors import CameraError, CameraSilentError

if TYPE_CHECKING:
    from edge.cameras.options import CameraOptions

SCHEMES = tuple(PORTS)
ONE_THREAD = [cv2.CAP_PROP_N_THREADS, 1]  # each further one holds a picture back
FFMPEG_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
# FFmpeg else looks at up to 5 s of a stream, to guess a rate that nobody asks for, before it gives a picture.
QUICK = "rtsp_transport;tcp|fpsprobesize;0|analyzeduration;1000000"


class StreamSource:
    """A stream that FFmpeg reads, with its waits bounded by the camera's timeouts; RTSP runs over TCP."""

    live = True
    skipped: Sequence[str] = ()

    def __init__(self, options: CameraOptions) -> None:
        self._options = options
        self._shown = without_password(options.source)
        self._video = OpenCvVideo()
        self._jpeg = False

    def open(self) -> None:
        """Connects.

        Raises:
            CameraSilentError: something is there that says nothing within ``open_timeout_s``.
            CameraError: nothing is there, or nothing that FFmpeg can read.
        """
        options = self._options
        os.environ.setdefault(FFMPEG_OPTIONS, QUICK)  # the only way in; OpenCV looks there whenever it opens
        parameters = timeouts(options.open_timeout_s, options.read_timeout_s) + ONE_THREAD
        begun_s = time.monotonic()
        if self._video.open(options.source, cv2.CAP_FFMPEG, parameters):
            self._jpeg = self._video.gives_packets_of("MJPG")
            return
        hint = "check the address, the password and that the camera is on"
        if time.monotonic() - begun_s >= options.open_timeout_s:
            reason = f"no answer within {options.open_timeout_s:g} s"
            raise CameraSilentError(f"cannot open camera {self._shown}: {reason}", hint=hint)
        raise CameraError(f"cannot open camera {self._shown}: no stream there", hint=hint)

    def reachable(self) -> bool:
        """Whether something takes connections at the address."""
        return takes_connections(self._options.source)

    def read(self) -> Shot | None:
        """Waits for the next picture; connects again first where the last read got none.

        Raises:
            CameraSilentError: none came in time.
            CameraError: the connection broke.
        """
        if not self._video.going:
            self.open()
        options, hint = self._options, "check its cable and power"
        begun_ns = time.monotonic_ns()
        decoded = self._video.read()
        late = time.monotonic_ns() - begun_ns >= options.read_timeout_s * 1e9
        if decoded is not None and (options.triggered or not late):
            # FFmpeg holds an H.264 picture until the next one begins: what comes in silence was here for long.
            came_ns = begun_ns if late else time.monotonic_ns()
            return self._shot(decoded, came_ns)
        if late:
            silence_s = options.read_timeout_s
            raise CameraSilentError(f"camera {self._shown} is lost: no picture within {silence_s:g} s", hint=hint)
        raise CameraError(f"camera {self._shown} is lost: it ended the connection", hint=hint)

    def close(self) -> None:
        """Closes the connection."""
        self._video.close()

    def _shot(self, decoded: NDArray[Any], came_ns: int) -> Shot:
        if self._jpeg:
            # Not by FFmpeg: OpenCV scales what it decodes to the size of the first picture, without a word.
            picture = cv2.imdecode(decoded, cv2.IMREAD_COLOR)
            if picture is None:
                return Shot(no_pixels(), came_ns, fault="a JPEG that is cut off or damaged")
            decoded = picture
        return as_shot(decoded, captured_ns=came_ns, width=self._options.width, height=self._options.height)
