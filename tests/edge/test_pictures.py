from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import PictureError
from edge.pictures import (
    Picture,
    decode_picture,
    digest,
    find_pictures,
    prepare,
    read_picture,
    readable,
    short_digest,
)


def textured(height: int, width: int) -> Picture:
    rng = np.random.default_rng([height, width])
    return cv2.GaussianBlur(rng.integers(0, 256, (height, width, 3), dtype=np.uint8), (5, 5), 1.5)


def area_mean(pixels: Picture, size: tuple[int, int]) -> np.ndarray:
    """Mean of each cell for whole ratios, in double precision."""
    down, right = pixels.shape[0] // size[0], pixels.shape[1] // size[1]
    return pixels.astype(float).reshape(size[0], down, size[1], right, 3).mean(axis=(1, 3))


@pytest.mark.parametrize("ratio", [(1, 1), (2, 2), (4, 4), (1, 4), (8, 2)], ids=str)
def test_powers_of_two_average_every_pixel(ratio: tuple[int, int]) -> None:
    pixels = textured(32 * ratio[0], 48 * ratio[1])
    found = prepare(pixels, (32, 48))
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous
    steps = int(np.log2(ratio[0]) + np.log2(ratio[1]))  # each rounds to whole grey levels
    np.testing.assert_allclose(found, area_mean(pixels, (32, 48)), atol=0.51 + 0.5 * steps)


@pytest.mark.parametrize(
    "shape", [(1080, 1920), (720, 1280), (300, 1250), (1250, 300), (150, 700), (64, 64), (10, 700)], ids=str
)
def test_a_thin_line_leaves_a_trace_whatever_the_shape(shape: tuple[int, int]) -> None:
    """Linear interpolation alone would skip most pixels of a large picture, and the line with them."""
    for axis in (0, 1):
        for place in (shape[axis] // 3, shape[axis] // 2, shape[axis] - 2):
            pixels = np.zeros((*shape, 3), np.uint8)
            pixels[(slice(None),) * axis + (place,)] = 255
            assert prepare(pixels, (64, 64)).max() >= 3, (axis, place)


def test_brightness_is_kept() -> None:
    for shape in ((1080, 1920), (333, 777), (40, 50)):
        pixels = textured(*shape)
        assert prepare(pixels, (128, 96)).mean() == pytest.approx(pixels.mean(), abs=1.5)


def test_a_picture_of_the_right_size_stays_as_it_is() -> None:
    pixels = textured(64, 80)
    assert np.array_equal(prepare(pixels, (64, 80)), pixels)


def test_columns_of_a_wider_array_are_resized_like_a_copy() -> None:
    pixels = textured(90, 200)
    assert np.array_equal(prepare(pixels[:, 20:110], (32, 32)), prepare(pixels[:, 20:110].copy(), (32, 32)))


def write(path: Path, pixels: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), pixels)
    return path


def test_grey_transparent_and_16_bit_files_become_three_channels_of_8_bits(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (20, 30), dtype=np.uint8)
    deep = rng.integers(0, 65536, (20, 30, 3), dtype=np.uint16)
    clear = rng.integers(0, 256, (20, 30, 4), dtype=np.uint8)
    assert np.array_equal(read_picture(write(tmp_path / "grey.png", grey)), np.repeat(grey[:, :, None], 3, axis=2))
    assert np.array_equal(read_picture(write(tmp_path / "clear.png", clear)), clear[:, :, :3])
    found = read_picture(write(tmp_path / "deep.png", deep))
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - deep / 257).max() <= 1


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tiff", ".webp", ".ppm"])
def test_a_file_that_is_cut_off_anywhere_is_refused(suffix: str) -> None:
    content = cv2.imencode(suffix, textured(120, 160))[1].ravel()
    assert decode_picture(content, "whole").shape == (120, 160, 3)
    for share in (0.0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
        with pytest.raises(PictureError, match="cannot decode half.*truncated or not a picture|cannot decode"):
            decode_picture(content[: int(len(content) * share)], "half")


def test_a_text_file_with_a_pictures_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "note.png"
    path.write_text("remember to clean the lens")
    with pytest.raises(PictureError, match=f"cannot decode {path}"):
        read_picture(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for read in (read_picture, digest):
        with pytest.raises(PictureError, match="cannot read .*gone.png: No such file"):
            read(tmp_path / "gone.png")


def test_pictures_are_found_by_name_without_folders_and_other_files(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "c.txt", "d.webp"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "e.png").mkdir()
    assert [path.name for path in find_pictures(tmp_path)] == ["a.png", "b.JPG", "d.webp"]


def test_a_folder_without_pictures_says_what_is_read(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"no pictures in .*these kinds are read: .*\.png"):
        find_pictures(tmp_path)
    with pytest.raises(PictureError, match="no such folder: .*nowhere"):
        find_pictures(tmp_path / "nowhere")


def test_pictures_in_subfolders_are_not_looked_for_and_this_is_said(tmp_path: Path) -> None:
    for name in ("left", "right", ".hidden"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "1.png", textured(8, 8))
    with pytest.raises(PictureError, match=r"no pictures in .*; subfolders of .* \(2\) are not looked into$"):
        find_pictures(tmp_path)


def test_digests_name_the_content_not_the_file(tmp_path: Path) -> None:
    first, copy = tmp_path / "1.png", tmp_path / "2.png"
    first.write_bytes(b"abc")
    copy.write_bytes(b"abc")
    assert digest(first) == hashlib.sha256(b"abc").hexdigest() == digest(copy)
    assert digest(first).startswith(short_digest(copy))
    assert len(short_digest(first)) == 16


def test_pictures_that_cannot_be_decoded_are_passed_over_and_named(tmp_path: Path) -> None:
    good = write(tmp_path / "1.png", textured(8, 8))
    broken = tmp_path / "2.png"
    broken.write_bytes(good.read_bytes()[:40])
    gone, last = tmp_path / "3.png", write(tmp_path / "4.png", textured(8, 9))
    skipped: list[Path] = []
    given = [path for path, _ in readable([good, broken, gone, last], skipped)]
    assert given == [good, last]
    assert skipped == [broken, gone]
