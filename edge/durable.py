"""Files that survive a power cut whole: the old content or the new one, never a part of either."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Puts a new content, text or bytes, in a file's place; it is on disk when this returns.

    Raises:
        OSError: the disk refuses; the old content is still there.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
        fresh = Path(folder) / path.name
        fresh.write_bytes(content.encode() if isinstance(content, str) else content)
        sync(fresh)
        give_away(fresh, path.parent)
        fresh.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Makes a file's content, or a folder's list of names, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def give_away(path: Path, folder: Path) -> None:
    """What root makes belongs to whom the folder belongs to: the service that uses it is not root."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
