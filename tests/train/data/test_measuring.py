from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import UsageError
from edge.pictures import read_picture
from edge.scorers.jitter import Jitter
from tests.conftest import FRAME, SIZE, plates_in
from train.data.measuring import measure_jitter


def test_ranges_are_those_of_good_pictures_and_not_less_than_what_months_do(tmp_path: Path) -> None:
    """Plates move by up to six pixels here besides their own one, and their light varies by a quarter."""
    folder = plates_in(tmp_path / "good", 12, seed=4)
    rng = np.random.default_rng(0)
    for path in folder.iterdir():
        matrix = np.array([[1, 0, rng.uniform(-6, 6)], [0, 1, 0]])
        pixels = cv2.warpAffine(read_picture(path), matrix, FRAME[::-1], borderMode=cv2.BORDER_REPLICATE)
        cv2.imwrite(str(path), np.clip(pixels * rng.uniform(0.75, 1.25), 0, 255).astype(np.uint8))
    found = measure_jitter(2, sorted(folder.iterdir()), SIZE, {"blur": "0.003"})
    assert 3 / FRAME[1] < found.shift < 7.5 / FRAME[1]
    assert 0.15 < found.brightness < 0.4
    assert (found.copies, found.blur, found.aspect) == (2, 0.003, FRAME[1] / FRAME[0])
    steady = measure_jitter(1, [sorted(folder.iterdir())[0]] * 9, SIZE, {})
    assert steady == Jitter(copies=1, aspect=found.aspect)


def test_a_range_that_is_none_is_refused_before_any_picture_is_read() -> None:
    with pytest.raises(
        UsageError, match="--jitter copies: no such range; here are: shift rotation brightness blur"
    ):
        measure_jitter(2, [], SIZE, {"copies": 4})
    with pytest.raises(UsageError, match=r"--jitter shift: must be at most 0\.25, not 0\.5; here are"):
        measure_jitter(2, [], SIZE, {"shift": "0.5"})
    with pytest.raises(UsageError, match="--jitter blur: must be a number, not much"):
        measure_jitter(2, [], SIZE, {"blur": "much"})
