"""Pictures of a folder into a session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge import progress
from edge.errors import PictureError
from edge.pictures import find_pictures, readable, short_digest
from edge.teaching.session import Session


@dataclass(frozen=True)
class Added:
    """What came of a folder.

    Attributes:
        new: how many pictures are new.
        repeated: how many were kept already, or show the same as another to the last grey level.
        skipped: files that cannot be decoded.
    """

    new: int
    repeated: int
    skipped: tuple[Path, ...]


def add_images(session: Session, folder: Path) -> Added:
    """Keeps the pictures of a folder; those that are kept already, of a run that was cut off, are not read again.

    Raises:
        PictureError: there is no picture in it, or none that can be read.
        TeachingError: the disk refuses.
    """
    paths = find_pictures(folder)
    known = {kept.source for kept in session.pictures}
    sources = {path: short_digest(path) for path in paths}
    unread = [path for path in paths if sources[path] not in known]
    skipped: list[Path] = []
    new = 0
    with progress.bar("reading good pictures", len(unread)) as seen:
        for path, pixels in readable(unread, skipped):
            new += session.add(pixels, folder.resolve().name, sources[path])
            seen(1)
    if len(skipped) == len(paths):
        raise PictureError(f"none of the pictures in {folder} can be decoded")
    return Added(new, len(paths) - len(skipped) - new, tuple(skipped))
