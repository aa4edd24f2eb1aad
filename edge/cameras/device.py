"""A camera on this computer: a V4L2 device by index or path."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from edge.cameras.opencv import OpenCvVideo
from edge.cameras.pixels import as_shot
from edge.cameras.source import Shot
from edge.errors import CameraError, CameraSilentError

if TYPE_CHECKING:
    from edge.cameras.options import CameraOptions

MANUAL_EXPOSURE = 1  # V4L2_EXPOSURE_MANUAL


class DeviceSource:
    """A V4L2 camera with the size, rate, pixel format and exposure that were asked for.

    The wait of a read is bounded by OpenCV's own select timeout, which is taken from the environment once per
    process, in whole seconds: the parent sets it when it starts the capture process.
    """

    live = True
    skipped: Sequence[str] = ()

    def __init__(self, options: CameraOptions) -> None:
        self._options = options
        self._shown = options.source
        self._path = Path(f"/dev/video{int(options.source)}" if options.source.isdecimal() else options.source)
        self._video = OpenCvVideo()

    def open(self) -> None:
        """Opens the device and sets it up. Raises CameraError with the reason and what to do."""
        self._check_path()
        if not self._video.open(str(self._path), cv2.CAP_V4L2):
            raise CameraError(
                f"cannot open camera {self._shown}: {self._path} is in use or gives no pictures",
                hint="close the other program, or try another index (a camera may have several)",
            )
        self._set_up()

    def reachable(self) -> bool:
        """Whether the device is there; one that was unplugged has no path."""
        return self._path.exists()

    def read(self) -> Shot | None:
        """Waits for the next picture.

        Raises:
            CameraSilentError: none came in time; the device goes on and may be read again.
            CameraError: the device is gone.
        """
        begun_s = time.monotonic()
        decoded = self._video.read()
        if decoded is not None:
            return as_shot(decoded, width=self._options.width, height=self._options.height)
        waited_s = math.ceil(self._options.read_timeout_s)
        if self._path.exists() and time.monotonic() - begun_s >= waited_s:
            raise CameraSilentError(
                f"camera {self._shown} is lost: no picture from {self._path} within {waited_s} s",
                hint="check its cable, and its trigger if it has one",
            )
        raise CameraError(f"camera {self._shown} is lost: {self._path} gives no picture", hint="check its cable")

    def close(self) -> None:
        """Lets the device go."""
        self._video.close()

    def _check_path(self) -> None:
        if not self._path.exists():
            raise CameraError(
                f"cannot open camera {self._shown}: no such device {self._path}",
                hint="plug it in, or give another index, address or folder",
            )
        if not os.access(self._path, os.R_OK | os.W_OK):
            raise CameraError(
                f"cannot open camera {self._shown}: no permission for {self._path}",
                hint="add this user to the group video and log in again",
            )

    def _set_up(self) -> None:
        options = self._options
        if options.fourcc is not None:  # first: sizes and rates depend on the pixel format
            self._set(cv2.CAP_PROP_FOURCC, _code(options.fourcc), f"pixel format {options.fourcc}")
        for prop, pixels, side in (
            (cv2.CAP_PROP_FRAME_WIDTH, options.width, "width"),
            (cv2.CAP_PROP_FRAME_HEIGHT, options.height, "height"),
        ):
            if pixels is not None:
                self._set(prop, pixels, f"{side} {pixels}")
        self._check_size()
        if options.fps is not None:
            self._set(cv2.CAP_PROP_FPS, options.fps, f"rate {options.fps:g}/s")
        if options.exposure is not None:
            self._set(cv2.CAP_PROP_AUTO_EXPOSURE, MANUAL_EXPOSURE, "manual exposure")
            self._set(cv2.CAP_PROP_EXPOSURE, options.exposure, f"exposure {options.exposure:g}")

    def _set(self, prop: int, value: float, wish: str) -> None:
        if not self._video.set(prop, value):
            raise CameraError(
                f"camera {self._shown} refuses {wish}",
                hint=f"see what it offers: v4l2-ctl -d {self._path} --list-formats-ext --list-ctrls",
            )

    def _check_size(self) -> None:
        # Drivers answer a size that they do not have with another one, without an error.
        given = (int(self._video.get(cv2.CAP_PROP_FRAME_WIDTH)), int(self._video.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        wanted = (self._options.width or given[0], self._options.height or given[1])
        if given != wanted:
            raise CameraError(
                f"camera {self._shown} has no size {wanted[0]}x{wanted[1]}, it gives {given[0]}x{given[1]}",
                hint=f"see its sizes: v4l2-ctl -d {self._path} --list-formats-ext",
            )


def _code(fourcc: str) -> int:
    return cv2.VideoWriter.fourcc(*fourcc)
