"""A reader's position on disk, so that a reader that is started again goes on where it was."""

from __future__ import annotations

from pathlib import Path

from edge.durable import write_whole
from edge.errors import StoreError


class Bookmark:
    """The number of the last alert that was dealt with, in a small text file that is replaced as a whole.

    Args:
        path: the file; its folder exists.

    Attributes:
        seq: what the file says; None where there is none yet.

    Raises:
        StoreError: the file cannot be read or holds no number.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        hint = "remove it to begin with what comes next"
        try:
            self.seq: int | None = int(path.read_text(encoding="ascii"))
        except FileNotFoundError:
            self.seq = None
        except (OSError, ValueError) as error:
            raise StoreError(f"{path} does not hold the number of an alert: {error}", hint=hint) from error

    def save(self, seq: int) -> None:
        """Puts a number on disk: after a crash the file has it or the one before.

        Raises:
            StoreError: the disk refuses; the file has the number from before.
        """
        if seq == self.seq:
            return
        try:
            write_whole(self._path, f"{seq}\n")
        except OSError as error:
            hint = "check the disk's free space and the owner of the folder"
            raise StoreError(f"cannot write {self._path}: {error.strerror}", hint=hint) from error
        self.seq = seq
