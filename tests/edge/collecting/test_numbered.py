from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import numpy as np
import pytest

from edge.collecting.numbered import NumberedPictures
from edge.errors import PictureError
from edge.pictures import read_picture

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def test_pictures_come_back_bit_for_bit(tmp_path: Path) -> None:
    path = NumberedPictures(tmp_path / "new" / "good", "top").add(PIXELS)
    assert path == tmp_path / "new" / "good" / "top-00001.png"
    assert np.array_equal(read_picture(path), PIXELS)


def test_numbers_go_on_after_the_highest_and_nothing_is_overwritten(tmp_path: Path) -> None:
    for name in ("top-00007.png", "side-00042.png", "top-x.png"):
        (tmp_path / name).write_bytes(b"mine")
    pictures = NumberedPictures(tmp_path, "top")
    (tmp_path / "top-00008.png").write_bytes(b"mine")  # by another program, meanwhile
    assert pictures.add(PIXELS).name == "top-00009.png"
    assert (tmp_path / "top-00008.png").read_bytes() == b"mine"


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    pictures = NumberedPictures(tmp_path, "top")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # a disk with room for 1000 bytes
    try:
        with pytest.raises(PictureError, match=r"cannot write .*top-00001.png: File too large; free some space"):
            pictures.add(PIXELS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - hidden files too


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(b"")
    with pytest.raises(PictureError, match=r"cannot use folder .*/good: File exists; give another --output"):
        NumberedPictures(tmp_path / "good", "top")
