"""Pictures in memory as a camera, for measuring and demonstrating what decoding would hide."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from edge.cameras.folder import FolderSource
from edge.cameras.source import Shot

PREFIX = "memory:"


class MemorySource:
    """The pictures of a folder or glob, all decoded when it is opened, then played as fast as they are taken.

    Args:
        where: folder, glob or file after ``memory:``; all its pictures must fit into memory at once.
        loop: play them again and again.
    """

    live = False

    def __init__(self, where: str, *, loop: bool) -> None:
        self._folder = FolderSource(where, loop=False)
        self._loop = loop
        self._shots: Iterator[Shot] = iter(())

    @property
    def skipped(self) -> Sequence[str]:
        return self._folder.skipped

    def open(self) -> None:
        """Decodes all pictures. Raises PictureError where there are none, CameraError where none is readable."""
        self._folder.open()
        shots = list(iter(self._folder.read, None))
        self._shots = itertools.cycle(shots) if self._loop else iter(shots)

    def reachable(self) -> bool:
        """A folder does not come back by itself."""
        return True

    def read(self) -> Shot | None:
        """Returns the next picture, None after the last."""
        shot = next(self._shots, None)
        return replace(shot, captured_ns=time.monotonic_ns()) if shot else None

    def close(self) -> None:
        """Lets the pictures go."""
        self._shots = iter(())
        self._folder.close()
