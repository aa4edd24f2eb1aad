"""A video file as a camera."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2

from edge.cameras.opencv import OpenCvVideo
from edge.cameras.pixels import as_shot
from edge.cameras.source import Shot
from edge.errors import CameraError


class VideoFileSource:
    """The frames of a video file in their order, decoded by FFmpeg."""

    live = False
    skipped: Sequence[str] = ()

    def __init__(self, path: Path, *, loop: bool) -> None:
        self._path = path
        self._loop = loop
        self._video = OpenCvVideo()
        self._given = 0

    def open(self) -> None:
        """Opens the file from its beginning. Raises CameraError where it is not a video."""
        if not self._path.is_file():
            raise CameraError(f"cannot open video {self._path}: no such file", hint="check the path")
        self._given = 0
        if not self._video.open(str(self._path), cv2.CAP_FFMPEG):
            raise CameraError(
                f"cannot open video {self._path}: not a video that FFmpeg can read",
                hint="give a video file, or a folder of pictures",
            )

    def reachable(self) -> bool:
        """A file does not come back by itself."""
        return True

    def read(self) -> Shot | None:
        """Returns the next frame, None after the last. Raises CameraError where a round gives no frame."""
        decoded = self._video.read()
        if decoded is None and self._given and self._loop:
            self.open()  # seeking back is not exact in every format, opening again is
            decoded = self._video.read()
        if decoded is None:
            if not self._given:
                raise CameraError(
                    f"video {self._path} has no frame that can be decoded", hint="the file is damaged"
                )
            return None
        self._given += 1
        return as_shot(decoded)

    def close(self) -> None:
        """Closes the file."""
        self._video.close()
