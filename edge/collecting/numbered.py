"""A folder that pictures are added to: losslessly, whole or not at all, never over another one."""

from __future__ import annotations

import os
import re
from pathlib import Path

import cv2

from edge.errors import PictureError
from edge.pictures import Picture


class NumberedPictures:
    """Writes ``<name>-00001.png``, ``<name>-00002.png`` ... and goes on after the highest number there.

    Raises:
        PictureError: the folder cannot be made.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            names = [path.name for path in folder.iterdir()]
        except OSError as error:
            raise PictureError(
                f"cannot use folder {folder}: {error.strerror}", hint="give another --output"
            ) from error
        numbers = (re.fullmatch(rf"{re.escape(name)}-(\d+)\.png", found) for found in names)
        self._number = max((int(match[1]) for match in numbers if match), default=0)

    def add(self, pixels: Picture) -> Path:
        """Writes a picture (uint8 [H, W, 3] BGR) as PNG and returns where.

        Raises:
            PictureError: it cannot be written, e.g. because the disk is full; nothing of it is left behind.
        """
        self._number += 1
        path = self._path()
        while path.exists():  # put there by someone else meanwhile
            self._number += 1
            path = self._path()
        _, data = cv2.imencode(".png", pixels)
        part = path.with_name(f".{path.name}.part")
        try:
            with part.open("wb") as file:
                file.write(data.tobytes())
                file.flush()
                os.fsync(file.fileno())
            part.rename(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise PictureError(f"cannot write {path}: {error.strerror}", hint="free some space") from error
        return path

    def _path(self) -> Path:
        return self._folder / f"{self._name}-{self._number:05}.png"
