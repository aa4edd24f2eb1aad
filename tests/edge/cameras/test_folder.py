"""What pictures on disk can hold; how a folder plays is in test_capture_of_files.py."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.folder import FolderSource
from edge.cameras.source import Shot
from edge.pictures import read_picture


def only_shot(path: Path) -> Shot:
    source = FolderSource(str(path), loop=False)
    source.open()
    shot = source.read()
    assert shot is not None, source.skipped
    assert source.read() is None
    return shot


def test_a_float_tiff_is_taken_as_black_to_white(tmp_path: Path) -> None:
    assert cv2.imwrite(str(tmp_path / "part.tif"), np.array([[0, 0.5], [1, 0.2]], np.float32))
    shot = only_shot(tmp_path)
    assert shot.pixels[..., 0].tolist() == [[0, 128], [255, 51]]
    assert (shot.fault, shot.picture) == ("", "part.tif")


def test_a_float_tiff_with_nan_is_a_faulty_shot_not_a_skipped_one(tmp_path: Path) -> None:
    pixels = np.full((30, 40, 3), 0.5, np.float32)
    pixels[3, 4, 1] = np.nan
    assert cv2.imwrite(str(tmp_path / "part.tiff"), pixels)
    shot = only_shot(tmp_path)
    assert shot.fault == "not a number in 1 of 3600 values"
    assert shot.pixels.shape == (30, 40, 3)


@pytest.mark.parametrize("shape", [(30, 40), (30, 40, 3)])
def test_sixteen_bits_are_read_as_training_reads_them(shape: tuple[int, ...], tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, shape, np.uint16)
    for name in ("part.tif", "part.png"):
        assert cv2.imwrite(str(tmp_path / name), pixels)
        shot = only_shot(tmp_path / name)
        assert np.array_equal(shot.pixels, read_picture(tmp_path / name))
        assert shot.fault == ""


def test_an_empty_file_is_skipped_and_named(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"")
    assert cv2.imwrite(str(tmp_path / "b.png"), np.zeros((20, 20, 3), np.uint8))
    source = FolderSource(str(tmp_path), loop=False)
    source.open()
    assert source.read().picture == "b.png"
    assert source.skipped == ["a.tif"]
