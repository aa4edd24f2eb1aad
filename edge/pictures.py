"""Pictures: finding, reading and resizing them, in one way for training, export, calibration and the line.

A model sees what it was trained on only if every room resizes alike. ``prepare`` is that one resize; its name
(``RESIZE``) is written into the model card, and a bundle with another name is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import PictureError

RESIZE: Literal["halve-linear"] = "halve-linear"
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm"})
SHORT = 16  # digits of a digest that model cards list

Picture = NDArray[np.uint8]


def prepare(pixels: Picture, size: tuple[int, int]) -> Picture:
    """Resizes a picture to the model's size without keeping its aspect ratio.

    Halves each side by area while it is at least twice too large, then interpolates linearly. Halving by area
    is a fast path in OpenCV, so a 1080p frame costs a fraction of ``INTER_AREA`` in one step, and linear
    interpolation is left less than a factor of two, where it skips next to nothing.

    Args:
        pixels: uint8 [H, W, 3] BGR.
        size: (height, width) that the model takes, in pixels.

    Returns:
        uint8 [height, width, 3] BGR.
    """
    height, width = size
    resized: cv2.typing.MatLike = pixels
    rows, columns = pixels.shape[:2]
    while rows >= 2 * height or columns >= 2 * width:
        rows, columns = _halved(rows, height), _halved(columns, width)
        resized = cv2.resize(resized, (columns, rows), interpolation=cv2.INTER_AREA)
    if (rows, columns) != (height, width):
        resized = cv2.resize(resized, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(resized, dtype=np.uint8)


def _halved(side: int, wanted: int) -> int:
    return side // 2 if side >= 2 * wanted else side


def find_pictures(folder: Path) -> list[Path]:
    """Lists the pictures directly inside a folder, sorted by name.

    Raises:
        PictureError: the folder does not exist or holds no picture.
    """
    if not folder.is_dir():
        raise PictureError(f"no such folder: {folder}", hint="give a folder with pictures of good parts")
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
    if not found:
        kinds = " ".join(sorted(SUFFIXES))
        raise PictureError(f"no pictures in {folder}", hint=f"these kinds are read: {kinds}{passed_over(folder)}")
    return found


def passed_over(folder: Path) -> str:
    """What a hint adds about the folders inside one whose pictures are taken; empty where there are none."""
    inner = len(folders_in(folder))
    return f"; subfolders of {folder} ({inner}) are not looked into" if inner else ""


def folders_in(parent: Path) -> list[Path]:
    """Folders directly inside another, sorted by name, hidden ones left out."""
    return sorted(p for p in parent.iterdir() if p.is_dir() and not p.name.startswith("."))


def read_picture(path: Path) -> Picture:
    """Reads one picture as uint8 [H, W, 3] BGR; grey, transparent and 16-bit files are converted.

    Raises:
        PictureError: the file cannot be read or is not a whole picture.
    """
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise PictureError(f"cannot read {path}: {error.strerror}") from error
    return decode_picture(data, str(path))


def decode_picture(data: NDArray[np.uint8], name: str) -> Picture:
    """Decodes the bytes of a picture file into uint8 [H, W, 3] BGR.

    Raises:
        PictureError: the bytes are not a whole picture.
    """
    try:
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except cv2.error as error:
        raise PictureError(f"cannot decode {name}: {error.err}") from error
    if pixels is None:
        raise PictureError(f"cannot decode {name}", hint="the file is truncated or not a picture; remove it")
    return np.asarray(pixels, dtype=np.uint8)


def digest(path: Path) -> str:
    """Names a picture by its content: sha256 of the file, 64 hexadecimal digits.

    Raises:
        PictureError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PictureError(f"cannot read {path}: {error.strerror}") from error


def short_digest(path: Path) -> str:
    """The first 16 digits of ``digest``, as model cards list the pictures that were fitted on."""
    return digest(path)[:SHORT]


def readable(paths: list[Path], skipped: list[Path]) -> Iterator[tuple[Path, Picture]]:
    """Yields each picture that can be decoded; appends the others to ``skipped`` for the summary."""
    for path in paths:
        try:
            pixels = read_picture(path)
        except PictureError:
            skipped.append(path)
        else:
            yield path, pixels
