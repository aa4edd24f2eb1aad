"""Scoring many pictures with a bundle: calibration, evaluation and export use the daemon's own path."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from edge.inference.engine import Engine, Raw
from edge.pictures import Picture
from edge.progress import Advance, silent


def score_pictures(
    engine: Engine, pictures: Iterable[tuple[Path, Picture]], *, seen: Advance = silent
) -> Iterator[tuple[Path, Raw]]:
    """Yields a result for each picture, in any order, while a few are in flight.

    Args:
        engine: a compiled bundle.
        pictures: path and uint8 [H, W, 3] BGR.
        seen: called with the number of pictures just done.

    Raises:
        DeviceError: the device failed.
    """
    ready: deque[tuple[Path, Raw]] = deque()  # its append and popleft need no lock
    for path, pixels in pictures:
        engine.submit(pixels, lambda raw, path=path: ready.append((path, raw)))  # type: ignore[misc]
        yield from _taken(ready, seen)
    engine.wait()
    yield from _taken(ready, seen)


def _taken(ready: deque[tuple[Path, Raw]], seen: Advance) -> Iterator[tuple[Path, Raw]]:
    while ready:
        yield ready.popleft()
        seen(1)
