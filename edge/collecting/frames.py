"""Where the pictures of a guided collection come from: a camera of this process, or a station's."""

from __future__ import annotations

from typing import Protocol

from edge.cameras.board import CameraState
from edge.frame import Frame


class Frames(Protocol):
    """What a collection needs of a camera; ``Capture`` is one."""

    @property
    def live(self) -> bool:
        """Whether the world sets the pace; False for files."""

    @property
    def state(self) -> CameraState: ...

    @property
    def lost_because(self) -> str:
        """Why a live camera was lost last, one line; empty if it never was."""

    def next_frame(self, timeout_s: float) -> Frame | None:
        """Waits for a frame; None where none came in time, and at once where no more will.

        Raises:
            CameraError, PictureError: the source cannot go on.
        """
