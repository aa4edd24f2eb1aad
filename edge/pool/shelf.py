"""A folder of pictures with a limit: each is there whole or not at all, and the oldest go first.

``CAMERA/NUMBER-ALERT_ID.png`` is the picture, ``.json`` of the same name is its entry. The entry is written last
and removed first, so a picture counts once its entry is there, whenever the process is killed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from edge.durable import write_whole
from edge.errors import StoreError
from edge.pool.entry import Entry


def entries_in(folder: Path) -> list[tuple[Entry, Path]]:
    """What lies in a shelf, oldest first, each with its picture; files that are no entries are passed over.

    Raises:
        StoreError: the folder cannot be read.
    """
    found = [(entry, path) for path in folder.glob("*/*.json") if (entry := _read(path)) is not None]
    pictures = [(entry, path.with_suffix(".png")) for entry, path in found]
    return sorted((pair for pair in pictures if pair[1].is_file()), key=lambda pair: pair[0].number)


class Shelf:
    """The pictures of one folder, for one process and one thread.

    Args:
        folder: made if absent; what a kill left half done there is removed.
        most_bytes: size of all files above which the oldest pictures go; the one just put always stays.

    Attributes:
        used_bytes: size of all files.

    Raises:
        OSError: the folder cannot be used.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        folder.mkdir(parents=True, exist_ok=True)
        self._entries = {entry.alert_id: entry for entry, _ in entries_in(folder)}
        for path in self._left_behind():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self._sizes = {alert_id: self._size(entry) for alert_id, entry in self._entries.items()}
        self.used_bytes = sum(self._sizes.values())

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def __contains__(self, alert_id: str) -> bool:
        return alert_id in self._entries

    @property
    def last_number(self) -> int:
        """The highest number there; 0 in an empty shelf."""
        return max((entry.number for entry in self._entries.values()), default=0)

    def entry(self, alert_id: str) -> Entry:
        """Raises KeyError where there is none."""
        return self._entries[alert_id]

    def picture(self, entry: Entry) -> Path:
        """The PNG of an entry."""
        return self._folder / entry.camera / f"{entry.stem}.png"

    def put(self, entry: Entry, png: bytes | None = None) -> None:
        """Adds a picture, or exchanges what is known of one that is there; then lets the oldest go.

        Args:
            entry: of the picture.
            png: its file; None for one that is there.

        Raises:
            OSError: the disk refuses; what was there is unchanged.
        """
        picture = self.picture(entry)
        if png is not None:
            picture.parent.mkdir(exist_ok=True)
            write_whole(picture, png)
        write_whole(picture.with_suffix(".json"), entry.model_dump_json(indent=2) + "\n")
        self._entries[entry.alert_id] = entry
        self.used_bytes += self._size(entry) - self._sizes.get(entry.alert_id, 0)
        self._sizes[entry.alert_id] = self._size(entry)
        while self.used_bytes > self._most_bytes and len(self._entries) > 1:
            others = (other for other in self._entries.values() if other.alert_id != entry.alert_id)
            self.remove(min(others, key=lambda other: other.number).alert_id)

    def remove(self, alert_id: str) -> None:
        """Removes a picture and its entry.

        Raises:
            OSError: the disk refuses.
        """
        picture = self.picture(self._entries[alert_id])
        picture.with_suffix(".json").unlink(missing_ok=True)
        picture.unlink(missing_ok=True)
        del self._entries[alert_id]
        self.used_bytes -= self._sizes.pop(alert_id)

    def _left_behind(self) -> list[Path]:
        """Unfinished writes, pictures without an entry, entries without a picture."""
        pictures = [self.picture(entry) for entry in self._entries.values()]
        known = {path for picture in pictures for path in (picture, picture.with_suffix(".json"))}
        ours = (*self._folder.glob("*/*.png"), *self._folder.glob("*/*.json"))
        return [*self._folder.glob("*/.*"), *(path for path in ours if path not in known)]

    def _size(self, entry: Entry) -> int:
        picture = self.picture(entry)
        return picture.stat().st_size + picture.with_suffix(".json").stat().st_size


def _read(path: Path) -> Entry | None:
    try:
        entry = Entry.model_validate_json(path.read_bytes())
    except (ValidationError, FileNotFoundError):  # a station that runs has just moved it to the pool
        return None
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}", hint="check the owner of the folder") from error
    return entry if (path.parent.name, path.stem) == (entry.camera, entry.stem) else None
