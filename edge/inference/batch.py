"""Scoring many pictures with a bundle: calibration, evaluation and export use the daemon's own path."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock

from edge.inference.bundle import Bundle
from edge.inference.engine import Engine, Raw
from edge.pictures import Picture

_IN_FLIGHT = 4


def score_pictures(
    bundle: Bundle, pictures: Iterable[tuple[Path, Picture]], *, device: str = "AUTO"
) -> Iterator[tuple[Path, Raw]]:
    """Yields a result for each picture, in any order, while a few are in flight.

    Args:
        bundle: a verified bundle.
        pictures: path and uint8 [H, W, 3] BGR.
        device: see ``edge.inference.devices.candidates``.

    Raises:
        DeviceError: the device is unknown or failed.
    """
    ready: deque[tuple[Path, Raw]] = deque()
    lock = Lock()

    def keep(token: Path, raw: Raw) -> None:
        with lock:
            ready.append((token, raw))

    engine = Engine(bundle, device=device, jobs=_IN_FLIGHT, hint="throughput", done=keep)
    for path, pixels in pictures:
        engine.submit(pixels, path)
        yield from _drain(ready, lock)
    engine.wait()
    yield from _drain(ready, lock)


def _drain(ready: deque[tuple[Path, Raw]], lock: Lock) -> Iterator[tuple[Path, Raw]]:
    with lock:
        taken = list(ready)
        ready.clear()
    yield from taken
