"""Pictures on disk as a camera: a folder, a glob, or one file."""

from __future__ import annotations

import glob
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from edge.cameras.pixels import as_picture
from edge.cameras.source import Shot
from edge.errors import CameraError, PictureError
from edge.pictures import SUFFIXES, Picture, find_pictures, read_picture


class FolderSource:
    """The pictures of a folder or glob, sorted by name; a picture that cannot be decoded is skipped and named.

    A picture's name is its path from the folder on, or from the part of the glob on that is without wildcards.

    With ``loop`` the folder is listed again for each round, so that pictures put there meanwhile are seen.
    """

    live = False

    def __init__(self, where: str, *, loop: bool) -> None:
        self.skipped: list[str] = []
        self._where = where
        self._loop = loop
        self._root = Path()
        self._shots: Iterator[Shot] = iter(())

    def open(self) -> None:
        """Lists the pictures. Raises PictureError where there are none."""
        self._root = _root(self._where)
        self._shots = self._rounds(_list(self._where))

    def pictures(self) -> list[Path]:
        """Files that the next round will show. Raises PictureError where there are none."""
        return _list(self._where)

    def reachable(self) -> bool:
        """A folder does not come back by itself."""
        return True

    def read(self) -> Shot | None:
        """Returns the next readable picture, None after the last. Raises CameraError where none is readable."""
        return next(self._shots, None)

    def close(self) -> None:
        """Nothing is held open."""
        self._shots = iter(())

    def _rounds(self, paths: list[Path]) -> Iterator[Shot]:
        while True:
            given = 0
            for path in paths:
                shot = self._decode(path)
                if shot is not None:
                    given += 1
                    yield shot
            if not given:
                raise CameraError(
                    f"none of the {len(paths)} pictures in {self._where} can be decoded",
                    hint="replace the damaged files",
                )
            if not self._loop:
                return
            paths = _list(self._where)

    def _decode(self, path: Path) -> Shot | None:
        name = _printable(path.relative_to(self._root))
        try:
            pixels, fault = _read(path)
        except PictureError:
            if name not in self.skipped:
                self.skipped.append(name)
            return None
        return Shot(pixels, time.monotonic_ns(), name, fault)


def _read(path: Path) -> tuple[Picture, str]:
    """As training reads it; TIFF may also hold floats, of which training takes none."""
    if path.suffix.lower() in {".tif", ".tiff"}:
        floats = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if floats is not None and floats.dtype.kind == "f":
            return as_picture(floats)
    return read_picture(path), ""


def _printable(name: Path) -> str:
    """Bytes of a file's name that are no UTF-8 become U+FFFD, as no message could carry them."""
    return os.fsencode(name).decode("utf-8", "replace")


def _root(where: str) -> Path:
    """The folder that pictures are named from."""
    path = Path(where)
    if path.is_file():
        return path.parent
    if path.is_dir():
        return path
    return Path(*itertools.takewhile(lambda part: not glob.has_magic(part), path.parts))


def _list(where: str) -> list[Path]:
    path = Path(where)
    if path.is_file():
        return [path]
    if path.is_dir() or not glob.has_magic(where):
        return find_pictures(path)
    found = Path(path.anchor).glob(str(path.relative_to(path.anchor)))
    pictures = sorted(p for p in found if p.suffix.lower() in SUFFIXES and p.is_file())
    if not pictures:
        raise PictureError(
            f"no pictures match {where}", hint="quote the pattern, so that the shell leaves it alone"
        )
    return pictures
