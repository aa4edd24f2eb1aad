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
    """

    pixels: Picture
    captured_ns: int
    picture: str | None = None


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

    def read(self) -> Shot | None:
        """Returns the next picture; None at the end of a file source.

        Raises:
            CameraError: the stream is lost; ``close`` and ``open`` may bring it back.
        """

    def close(self) -> None:
        """Lets the camera go; may be called at any time, also twice."""
