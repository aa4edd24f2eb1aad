"""The seam to the outside world: what every kind of camera looks like to the capture process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.pictures import Picture


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture as a source gives it.

    Attributes:
        pixels: uint8 [H, W, 3] BGR; the size may differ from shot to shot.
        captured_ns: monotonic clock when the picture reached this computer.
        picture: name of the file, valid Unicode, for folders of pictures; None otherwise.
        fault: why nothing can be said about the part in it, one line: pixels that are not numbers, a size that was
            not asked for; empty for a sound picture. Such a picture is handed on, and its verdict is unknown.
    """

    pixels: Picture
    captured_ns: int
    picture: str | None = None
    fault: str = ""


class Source(Protocol):
    """One kind of camera. Every call may block up to its timeout; all run in the capture process."""

    @property
    def live(self) -> bool:
        """True where the world sets the pace: only the newest frame counts, a lost stream is opened again.

        False for files: they end, and without ``fps`` every frame is wanted.
        """

    @property
    def skipped(self) -> Sequence[str]:
        """Names of pictures that could not be decoded so far, each once."""

    def open(self) -> None:
        """Opens the camera, or opens it again after ``close``.

        Raises:
            CameraError: it cannot be opened.
            PictureError: a folder is missing or holds no picture.
        """

    def reachable(self) -> bool:
        """Whether opening it is worth a try now; quick and without side effects, asked while a camera is lost.

        True where only an attempt can tell.
        """

    def read(self) -> Shot | None:
        """Returns the next picture; None at the end of a file source.

        Raises:
            CameraSilentError: no picture came within ``read_timeout_s``. A camera that waits for an outside
                trigger (``triggered``) may be read again.
            CameraError: the stream is lost; ``close`` and ``open`` may bring it back.
        """

    def close(self) -> None:
        """Lets the camera go; may be called at any time, also twice."""
