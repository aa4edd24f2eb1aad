"""What a capture process has to do, as its parent hands it over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from edge.cameras.ring import Keep, RingFds

if TYPE_CHECKING:
    from edge.cameras.options import CameraOptions

GRACE_S = 0.2  # how long a capture process may take to leave when it is told to


@dataclass(frozen=True, slots=True)
class Job:
    """One camera for one capture process.

    Attributes:
        options: the camera.
        keep: which frames wait for a slow reader.
        first_seq: number of the first frame.
        reopening: the camera was open before in another process, so failing to open it is not the end.
    """

    options: CameraOptions
    keep: Keep
    first_seq: int
    reopening: bool

    def to_bytes(self) -> bytes:
        """As JSON."""
        options = self.options.model_dump(mode="json")
        rest = {"keep": self.keep.value, "first_seq": self.first_seq, "reopening": self.reopening}
        return json.dumps({"options": options, **rest}).encode()

    @classmethod
    def from_bytes(cls, text: bytes) -> Job:
        """The job that ``to_bytes`` was called for."""
        plain = json.loads(text)
        # Not checked again: the parent has done so, and pydantic would cost each capture process 10 MB.
        options = cast("CameraOptions", SimpleNamespace(**plain["options"]))
        return cls(options, Keep(plain["keep"]), plain["first_seq"], plain["reopening"])


@dataclass(frozen=True, slots=True)
class JobFds:
    """The file descriptors of a capture process.

    Attributes:
        alive: pipe that ends when the parent is done with it or dead.
        said: socket for what it says.
        board: shared memory of the board.
        ring: shared memory and pipes of the frames.
    """

    alive: int
    said: int
    board: int
    ring: RingFds

    def all(self) -> tuple[int, ...]:
        """In the order that ``of`` takes."""
        return (self.alive, self.said, self.board, *self.ring.all())

    @classmethod
    def of(cls, fds: Sequence[int]) -> JobFds:
        """The other way round."""
        alive, said, board, free_read, free_write, ready_read, ready_write, *slots = fds
        ring = RingFds((free_read, free_write), (ready_read, ready_write), tuple(slots))
        return cls(alive, said, board, ring)
