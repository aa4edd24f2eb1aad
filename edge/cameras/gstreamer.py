"""A GStreamer pipeline that ends in an ``appsink``."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cameras.address import takes_connections, without_password
from edge.cameras.gstreamer_pipeline import SINK, Pipeline
from edge.cameras.pixels import as_shot
from edge.cameras.source import Shot
from edge.errors import CameraError, CameraSilentError, UsageError
from edge.pictures import Picture

if TYPE_CHECKING:
    from edge.cameras.options import CameraOptions

PREFIX = "gst:"
LOOK_S = 0.1  # an element that fails does not wake who waits for a picture
APPSINK = re.compile(r"!\s*appsink(?P<properties>(?:\s+[\w-]+\s*=\s*(?:\"[^\"]*\"|\S+))*)\s*$")
PLACE = re.compile(r"\b(?:location\s*=\s*\"?(?P<url>\w+://[^\s\"]+)|device\s*=\s*\"?(?P<device>/dev/[^\s\"]+))")
NEWEST_ONLY = {"max-buffers": "1", "drop": "true"}
ALL_IN_ORDER = {"max-buffers": "8", "drop": "false"}


class GStreamerSource:
    """Pictures from a pipeline, for cameras that need their own elements (industrial, CSI, hardware decoders)."""

    live = True
    skipped: Sequence[str] = ()

    def __init__(self, options: CameraOptions) -> None:
        self._options = options
        text = options.source.removeprefix(PREFIX).strip()
        self._shown = without_password(text)
        self._description = _ending_in_bgr(text, ALL_IN_ORDER if options.triggered else NEWEST_ONLY)
        self._pipeline: Pipeline | None = None
        self._first: Picture | None = None

    def open(self) -> None:
        """Starts the pipeline and, but for a triggered camera, waits for its first picture.

        Raises:
            CameraSilentError: it runs, and no picture came within ``open_timeout_s``.
            CameraError: it does not run; says why.
        """
        self.close()
        try:
            self._pipeline = Pipeline(self._description)
        except CameraError as error:
            raise CameraError(
                f"cannot start GStreamer pipeline {self._shown}: {error.message}",
                hint=error.hint or "try it with gst-launch-1.0, with fakesink in place of appsink",
            ) from error
        if not self._options.triggered:
            self._first = self._picture(self._pipeline, self._options.open_timeout_s)

    def reachable(self) -> bool:
        """Whether the address or the device that the pipeline names is there; True where it names neither."""
        place = PLACE.search(self._description)
        if place is None:
            return True
        return takes_connections(place["url"]) if place["url"] else Path(place["device"]).exists()

    def read(self) -> Shot | None:
        """Waits for the next picture.

        Raises:
            CameraSilentError: none came in time; the pipeline goes on and may be read again.
            CameraError: the pipeline ended or one of its elements failed.
        """
        picture, self._first = self._first, None
        if picture is None:
            if self._pipeline is None:
                raise CameraError(f"GStreamer pipeline {self._shown} is closed")
            picture = self._picture(self._pipeline, self._options.read_timeout_s)
        return as_shot(picture, width=self._options.width, height=self._options.height)

    def close(self) -> None:
        """Stops the pipeline."""
        self._first = None
        if self._pipeline is not None:
            self._pipeline.stop()
            self._pipeline = None

    def _picture(self, pipeline: Pipeline, timeout_s: float) -> Picture:
        hint = "check its camera"
        deadline_s = time.monotonic() + timeout_s
        while True:
            failure = pipeline.failure()
            if failure or pipeline.ended:
                reason = failure or "no more pictures"
                raise CameraError(f"GStreamer pipeline {self._shown} ended: {reason}", hint=hint)
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                raise CameraSilentError(
                    f"GStreamer pipeline {self._shown} gave no picture within {timeout_s:g} s", hint=hint
                )
            picture = pipeline.picture(min(left_s, LOOK_S))
            if picture is not None:
                return picture


def _ending_in_bgr(pipeline: str, defaults: dict[str, str]) -> str:
    """The pipeline with a conversion before its ``appsink``, and defaults for what that says nothing about."""
    sink = APPSINK.search(pipeline)
    if sink is None:
        raise UsageError(
            f"GStreamer pipeline that does not end in ! appsink: {without_password(pipeline)}",
            hint="let the branch that gives the pictures come last and end with '! appsink'",
        )
    given = re.sub(r"(?<![\w-])name\s*=\s*\S+", "", sink["properties"])
    added = [f"{key}={value}" for key, value in defaults.items() if not re.search(rf"\b{key}\s*=", given)]
    end = " ".join(["appsink", f"name={SINK}", *added, given.strip()])
    return f"{pipeline[: sink.start()]}! videoconvert ! video/x-raw,format=BGR ! {end}"
