"""A GStreamer pipeline that ends in an ``appsink``."""

from __future__ import annotations

from collections.abc import Sequence

import cv2

from edge.cameras.address import without_password
from edge.cameras.opencv import OpenCvVideo, has_backend, timeouts
from edge.cameras.options import CameraOptions
from edge.cameras.source import Shot
from edge.errors import CameraError, UsageError

PREFIX = "gst:"


class GStreamerSource:
    """Pictures from a pipeline, for cameras that need their own elements (industrial, CSI, hardware decoders)."""

    live = True
    skipped: Sequence[str] = ()

    def __init__(self, options: CameraOptions) -> None:
        self._options = options
        self._pipeline = options.source.removeprefix(PREFIX).strip()
        self._shown = without_password(self._pipeline)
        self._video = OpenCvVideo()
        if "appsink" not in self._pipeline:
            raise UsageError(
                f"GStreamer pipeline without appsink: {self._shown}",
                hint="end it with '! videoconvert ! video/x-raw,format=BGR ! appsink drop=true max-buffers=1'",
            )

    def open(self) -> None:
        """Starts the pipeline. Raises CameraError where it does not run."""
        if not has_backend(cv2.CAP_GSTREAMER):
            raise CameraError(
                "cannot open a GStreamer pipeline: this OpenCV is built without GStreamer",
                hint="install an OpenCV built with it (the one on PyPI is not), or use rtsp:// or a device path",
            )
        parameters = timeouts(self._options.open_timeout_s, self._options.read_timeout_s)
        if not self._video.open(self._pipeline, cv2.CAP_GSTREAMER, parameters):
            raise CameraError(
                f"cannot start GStreamer pipeline {self._shown}",
                hint="try it with gst-launch-1.0, with fakesink in place of appsink",
            )

    def read(self) -> Shot | None:
        """Waits for the next picture. Raises CameraError where none came in time or the pipeline ended."""
        shot = self._video.read()
        if shot is None:
            raise CameraError(f"GStreamer pipeline gives no picture: {self._shown}", hint="check its camera")
        return shot

    def close(self) -> None:
        """Stops the pipeline."""
        self._video.close()
