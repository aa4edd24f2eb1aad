"""Pictures of a folder into a session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge import progress
from edge.collecting.seen import Seen
from edge.collecting.sieve import Limits, block_means
from edge.errors import PictureError
from edge.pictures import find_pictures, prepare, readable, short_digest
from edge.teaching.session import Session

MIN_CHANGE = Limits().min_change


@dataclass(frozen=True)
class Added:
    """What came of a folder.

    Attributes:
        new: how many pictures are new.
        repeated: how many were kept already, or show the same as another to the last grey level.
        seen: how many show what another picture shows, as frames of a video do, and are not kept.
        skipped: files that cannot be decoded.
    """

    new: int
    repeated: int
    seen: int
    skipped: tuple[Path, ...]


def add_images(session: Session, folder: Path, min_change: float = MIN_CHANGE) -> Added:
    """Keeps the pictures of a folder; those that are kept already, of a run that was cut off, are not read again.

    Two pictures of one part may come to both sides, and a threshold that rests on pictures as good as fitted
    promises nothing.

    Args:
        session: of the product.
        folder: of good pictures, which come in the order of their names.
        min_change: grey levels from which a picture differs from all that are kept, see ``Limits``; 0 keeps all.

    Raises:
        PictureError: there is no picture in it, or none that can be read.
        TeachingError: the disk refuses.
    """
    paths = find_pictures(folder)
    known = {kept.source for kept in session.pictures}
    sources = {path: short_digest(path) for path in paths}
    unread = [path for path in paths if sources[path] not in known]
    skipped: list[Path] = []
    new, alike, shown = 0, 0, _shown(session) if min_change > 0 else Seen()
    with progress.bar("reading good pictures", len(unread)) as advance:
        for path, pixels in readable(unread, skipped):
            blocks = block_means(prepare(pixels, session.size))
            if shown.knows(pixels, blocks, min_change):
                alike += 1
            elif session.add(pixels, folder.resolve().name, sources[path]):
                shown.add(blocks)
                new += 1
            advance(1)
    if len(skipped) == len(paths):
        raise PictureError(f"none of the pictures in {folder} can be decoded")
    return Added(new, len(paths) - len(skipped) - new - alike, alike, tuple(skipped))


def _shown(session: Session) -> Seen:
    """The pictures that are kept, for comparison."""
    shown = Seen()
    for pixels in session.read(session.pictures):
        shown.add(block_means(pixels))
    return shown
