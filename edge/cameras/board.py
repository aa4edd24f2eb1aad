"""What the capture process shows its parent at all times: a few numbers in shared memory.

Only the capture process writes here, one aligned number at a time, so that no lock is needed that a killed
process could leave behind.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from enum import StrEnum


class CameraState(StrEnum):
    """Where a camera is in its life."""

    CLOSED = "closed"
    OPENING = "opening"
    STREAMING = "streaming"
    STALLED = "stalled"
    ENDED = "ended"


STATES = tuple(CameraState)


class Board(ctypes.Structure):
    """The numbers.

    Attributes:
        beat: grows whenever the capture process gets anywhere.
        allowed_ms: how long the step that it is in may rightly take.
        captured: frames that came from the source.
        dropped: frames that the capture process gave up for newer ones.
        interval_ns: the longest of the last times between two frames from the source, losses left out; 0 before.
        state_index: position in ``STATES``.
    """

    beat: int
    allowed_ms: int
    captured: int
    dropped: int
    interval_ns: int
    state_index: int

    _fields_ = [
        (name, ctypes.c_int64)
        for name in ("beat", "allowed_ms", "captured", "dropped", "interval_ns", "state_index")
    ]

    @property
    def state(self) -> CameraState:
        return STATES[self.state_index]

    @state.setter
    def state(self, state: CameraState) -> None:
        self.state_index = STATES.index(state)


def create_board() -> int:
    """Returns the file descriptor of a new board, all zeros."""
    fd = os.memfd_create("edge-ad-board", os.MFD_CLOEXEC)
    os.ftruncate(fd, ctypes.sizeof(Board))
    return fd


def map_board(fd: int) -> Board:
    """Maps a board into this process; it lives as long as the returned object."""
    return Board.from_buffer(mmap.mmap(fd, ctypes.sizeof(Board)))
