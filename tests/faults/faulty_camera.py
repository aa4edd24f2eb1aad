"""A fork server whose cameras give frames without pixels: ``python -m tests.faults.faulty_camera``."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.cameras import capture, fork_server, launch, process
from edge.cameras.options import CameraOptions
from edge.cameras.pixels import as_shot
from edge.cameras.source import Shot
from edge.pictures import find_pictures, read_picture

WITHOUT_PIXELS = [np.zeros(shape, np.uint8) for shape in ((0,), (0, 0, 3), (120, 0, 3))]


class WithoutPixels:
    """In turn a sound picture of a folder and what a broken driver may give."""

    live = True
    skipped: Sequence[str] = ()

    def __init__(self, options: CameraOptions) -> None:
        sound = [read_picture(path) for path in find_pictures(Path(options.source))]
        self._turn = itertools.cycle(itertools.chain(*zip(itertools.cycle(sound), WITHOUT_PIXELS, strict=False)))

    def open(self) -> None:
        """Is always there."""

    def reachable(self) -> bool:
        return True

    def read(self) -> Shot:
        time.sleep(0.1)
        return as_shot(next(self._turn))

    def close(self) -> None:
        """Holds nothing."""


def install() -> None:
    """For the daemon: its cameras are of this kind."""
    capture.source_for = WithoutPixels  # type: ignore[attr-defined]
    launch.FORK_SERVER = "tests.faults.faulty_camera"


if __name__ == "__main__":
    process.source_for = WithoutPixels  # type: ignore[attr-defined]
    fork_server.main()
