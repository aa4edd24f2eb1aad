"""Compiled models kept between starts: proved whole before they are used, and bounded.

OpenVINO loads a cached model with a flipped bit without a word, and with it the scores move or become infinite
(measured). So each file of the cache has its digest beside it, and one that does not match is compiled anew.

``<cache>/<first 16 digits of the bundle's sha256>/*.blob`` and ``*.blob.sha256``
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from edge.durable import write_whole

MOST_MODELS = 8
MOST_BLOBS = 4  # of one model: devices, hints and versions of OpenVINO
_DIGITS = 16


def folder_of(cache: Path, sha256: str) -> Path:
    """Where a cache keeps the model of that digest."""
    return cache / sha256[:_DIGITS]


def open_cache(folder: Path) -> list[Path]:
    """Makes a model's folder ready: with whole files only, and beside it the most recent models only.

    Args:
        folder: see ``folder_of``; made if need be.

    Returns:
        The files that were damaged since their digest was taken, and are gone. One that has no digest, because the
        process ended before it was taken, is gone too, and no damage.

    Raises:
        OSError: the folder cannot be made or read.
    """
    cache = folder.parent
    folder.mkdir(parents=True, exist_ok=True)
    folder.touch()  # the most recently used one
    for older in _newest_first(path for path in cache.iterdir() if path.is_dir())[MOST_MODELS:]:
        shutil.rmtree(older, ignore_errors=True)
    for stray in cache.glob("*.blob"):  # of a version that kept all models in one folder
        stray.unlink(missing_ok=True)
    blobs = _newest_first(folder.glob("*.blob"))
    damaged = [blob for blob in blobs[:MOST_BLOBS] if _seal_of(blob).exists() and not _is_whole(blob)]
    for blob in blobs:
        if blob in blobs[MOST_BLOBS:] or blob in damaged or not _seal_of(blob).exists():
            blob.unlink(missing_ok=True)
            _seal_of(blob).unlink(missing_ok=True)
    return damaged


def seal_cache(folder: Path) -> None:
    """Writes the digest of each file that has none yet.

    Raises:
        OSError: the disk is full or cannot be read.
    """
    for blob in folder.glob("*.blob"):
        if not _seal_of(blob).exists():
            write_whole(_seal_of(blob), _digest(blob))


def _is_whole(blob: Path) -> bool:
    return _seal_of(blob).read_bytes() == _digest(blob).encode()


def _seal_of(blob: Path) -> Path:
    return blob.with_name(f"{blob.name}.sha256")


def _digest(blob: Path) -> str:
    with blob.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _newest_first(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True)
