from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.pictures import Picture, prepare, read_picture
from edge.scorers.jitter import Jitter, augmented
from tests.conftest import SIZE, plates_in


@pytest.fixture
def pictures(tmp_path: Path) -> list[Picture]:
    return [read_picture(path) for path in sorted(plates_in(tmp_path / "good", 4, seed=3).iterdir())]


def copies(pictures: list[Picture], jitter: Jitter, seed: int = 0) -> list[Picture]:
    return list(jitter.with_copies(pictures, SIZE, seed))


def test_each_picture_is_followed_by_its_copies_and_no_two_are_alike(pictures: list[Picture]) -> None:
    found = copies(pictures, Jitter(copies=3))
    assert len(found) == 16
    for place, pixels in enumerate(pictures):
        np.testing.assert_array_equal(found[4 * place], prepare(pixels, SIZE))
    assert len({pixels.tobytes() for pixels in found}) == 16


def test_copies_depend_on_the_picture_and_the_seed_and_not_on_the_order(pictures: list[Picture]) -> None:
    """An export reads the pictures in its own way and must fit the very same copies."""
    there, back = copies(pictures, Jitter(copies=2)), copies(pictures[::-1], Jitter(copies=2))
    for place in range(4):
        np.testing.assert_array_equal(there[3 * place : 3 * place + 3], back[9 - 3 * place : 12 - 3 * place])
    small = [prepare(pixels, SIZE) for pixels in pictures]
    np.testing.assert_array_equal(there, copies(small, Jitter(copies=2)))
    assert (np.array(there) != copies(pictures, Jitter(copies=2), seed=1)).any()


def test_two_pictures_move_in_their_own_ways(pictures: list[Picture]) -> None:
    """Else a fit would see one movement for each copy, and no more."""
    first, twin = prepare(pictures[0], SIZE), prepare(pictures[0], SIZE)
    twin[0, 0] ^= 1
    of_first, of_twin = (copies([pixels], Jitter(copies=1))[1].astype(float) for pixels in (first, twin))
    assert np.abs(of_first - of_twin).mean() > 1


def test_pictures_pass_one_by_one(pictures: list[Picture]) -> None:
    taken = []
    source = (taken.append(1) or pixels for pixels in pictures)
    stream = augmented(source, Jitter(copies=5), SIZE, 0)
    for _ in range(6):
        next(stream)
    assert len(taken) == 1
    assert list(augmented(pictures, None, SIZE, 0)) == pictures


def test_a_copy_is_off_by_its_ranges_and_no_more() -> None:
    """A dot in a wide picture, brought to a square: where it lies in the scene is measured."""
    frame = np.zeros((200, 400, 3), np.uint8)
    cv2.circle(frame, (300, 100), 12, (200, 200, 200), -1)
    jitter = Jitter(copies=50, shift=0.05, rotation=0, brightness=0.2, blur=0, aspect=2.0)
    original, *moved = jitter.with_copies([frame], (100, 100), 7)
    offsets = np.array([np.subtract(centre(copy), centre(original)) * (4, 2) for copy in moved])  # in the scene
    assert np.abs(offsets).max() <= 0.05 * 400 + 0.5
    assert (np.abs(offsets).max(axis=0) > 0.035 * 400).all()
    levels = np.array([np.median(copy[copy > 100]) for copy in moved]) / 200
    assert 0.79 < levels.min() < 0.85
    assert 1.15 < levels.max() < 1.21


def centre(pixels: Picture) -> tuple[float, float]:
    moments = cv2.moments(pixels[:, :, 0])
    return moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
