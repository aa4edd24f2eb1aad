"""Scoring many pictures with a bundle: calibration, evaluation and export use the daemon's own path."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from edge.inference.engine import Engine, Raw
from edge.pictures import Picture
from edge.progress import Advance, silent


def score_pictures(
    engine: Engine, pictures: Iterable[tuple[Path, Picture]], *, seen: Advance = silent
) -> Iterator[tuple[Path, Raw]]:
    """Yields a result for each picture, in their order, while a few are in flight.

    Args:
        engine: a compiled bundle.
        pictures: path and uint8 [H, W, 3] BGR.
        seen: called with the number of pictures just done.

    Raises:
        DeviceError: the device failed.
    """
    flying: deque[tuple[Path, Future[Raw]]] = deque()
    with ThreadPoolExecutor(engine.jobs, thread_name_prefix="scoring") as pool:
        for path, pixels in pictures:
            if len(flying) >= 2 * engine.jobs:
                yield _landed(flying, seen)
            flying.append((path, pool.submit(engine.infer, pixels)))
        while flying:
            yield _landed(flying, seen)


def _landed(flying: deque[tuple[Path, Future[Raw]]], seen: Advance) -> tuple[Path, Raw]:
    path, future = flying.popleft()
    raw = future.result()
    seen(1)
    return path, raw
