from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import PictureError
from train.data.dataset import Box, Sample
from train.evaluation.scores import score_samples, scored

MAP = np.zeros((10, 20), np.float32)


def _sample(folder: Path, mask: np.ndarray | None = None, boxes: tuple[Box, ...] = ()) -> Sample:
    path, mask_path = folder / "000.png", folder / "000_mask.png"
    cv2.imwrite(str(path), np.full((40, 60, 3), 128, np.uint8))
    if mask is not None:
        cv2.imwrite(str(mask_path), mask)
    return Sample(path, 1, "crack", None if mask is None else mask_path, boxes)


def test_masks_come_to_the_size_of_the_map(tmp_path: Path) -> None:
    """40 x 60 to 10 x 20: rows shrink by 4, columns by 3; 100 of 255 is below half and no defect."""
    mask = np.full((40, 60), 100, np.uint8)
    mask[8:16, 30:60] = 255
    answer = scored(_sample(tmp_path, mask), (40, 60), 1.0, MAP)
    expected = np.zeros((10, 20), bool)
    expected[2:4, 10:20] = True
    np.testing.assert_array_equal(answer.mask, expected)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        (Box(8, 30, 15, 59), Box(2, 10, 3, 19)),
        (Box(0, 0, 39, 59), Box(0, 0, 9, 19)),
        (Box(5, 4, 5, 4), Box(1, 1, 1, 1)),
        (Box(7, 2, 8, 3), Box(1, 0, 2, 1)),
    ],
)
def test_boxes_grow_to_the_pixels_of_the_map_that_they_touch(tmp_path: Path, box: Box, expected: Box) -> None:
    assert scored(_sample(tmp_path, boxes=(box,)), (40, 60), 1.0, MAP).boxes == (expected,)


@pytest.mark.parametrize(
    ("map_size", "expected"),
    [
        ((80, 120), Box(10, 8, 13, 11)),  # twice as large: each pixel of the picture is two of the map
        ((60, 90), Box(7, 6, 10, 8)),  # half as large again: rows 5 to 6 cover 7.5 to 10.5
    ],
)
def test_boxes_cover_their_pixels_on_a_map_larger_than_the_picture(
    tmp_path: Path, map_size: tuple[int, int], expected: Box
) -> None:
    answer = scored(_sample(tmp_path, boxes=(Box(5, 4, 6, 5),)), (40, 60), 1.0, np.zeros(map_size, np.float32))
    assert answer.boxes == (expected,)


def test_masks_and_boxes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"000_mask\.png is 40 x 60 pixels, its picture .*000\.png is 60 x 40"):
        scored(_sample(tmp_path, np.zeros((60, 40), np.uint8)), (40, 60), 1.0, MAP)
    with pytest.raises(PictureError, match=r"ends outside of the picture, which is 60 x 40"):
        scored(_sample(tmp_path, boxes=(Box(0, 0, 40, 5),)), (40, 60), 1.0, MAP)


def test_each_picture_meets_its_own_label_and_broken_ones_are_skipped(tmp_path: Path) -> None:
    samples = []
    for level, defect in enumerate(("good", "broken", "crack")):
        path = tmp_path / f"{defect}.png"
        cv2.imwrite(str(path), np.full((4, 5, 3), level, np.uint8))
        samples.append(Sample(path, int(level > 0), defect))
    samples[1].path.write_bytes(samples[1].path.read_bytes()[:30])
    skipped: list[Path] = []
    answers = list(score_samples(samples, lambda pixels: (float(pixels.mean()), None), skipped))
    assert [(a.defect, a.label, a.score, a.map) for a in answers] == [
        ("good", 0, 0.0, None),
        ("crack", 1, 2.0, None),
    ]
    assert skipped == [samples[1].path]
