"""What a capture process has to do, as its parent hands it over."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from edge.cameras.ring import Keep, RingFds

if TYPE_CHECKING:
    from edge.cameras.options import CameraOptions

GRACE_S = 0.2  # how long a capture process may take to leave when it is told to


@dataclass(frozen=True, slots=True)
class Job:
    """One camera for one capture process; file descriptors are those that it inherits.

    Attributes:
        options: the camera.
        keep: which frames wait for a slow reader.
        first_seq: number of the first frame.
        reopening: the camera was open before in another process, so failing to open it is not the end.
        said_fd: pipe for what it says.
        board_fd: shared memory of the board.
        ring: shared memory and pipes of the frames.
    """

    options: CameraOptions
    keep: Keep
    first_seq: int
    reopening: bool
    said_fd: int
    board_fd: int
    ring: RingFds

    def to_line(self) -> bytes:
        """One line of JSON."""
        plain = {name: getattr(self, name) for name in ("first_seq", "reopening", "said_fd", "board_fd")}
        plain |= {
            "options": self.options.model_dump(mode="json"),
            "keep": self.keep.value,
            "ring": asdict(self.ring),
        }
        return json.dumps(plain).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Job:
        """The job of a line that ``to_line`` gave."""
        plain = json.loads(line)
        # Not checked again: the parent has done so, and pydantic would cost each capture process 10 MB.
        options = cast("CameraOptions", SimpleNamespace(**plain.pop("options")))
        ring = {name: tuple(fds) for name, fds in plain.pop("ring").items()}
        return cls(options=options, keep=Keep(plain.pop("keep")), ring=RingFds(**ring), **plain)
