from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.area import Area, AreaPlan, read_drawing
from edge.errors import ConfigError
from edge.verdict import Box

PIXELS = np.arange(40 * 60 * 3, dtype=np.int64).astype(np.uint8).reshape(40, 60, 3)
BOX = ((10, 5), (29, 5), (29, 24), (10, 24))


def test_without_a_region_the_whole_frame_counts_and_nothing_is_copied() -> None:
    area = AreaPlan().area(40, 60)
    assert area == Area(None, None)
    assert area.cut(PIXELS) is PIXELS
    assert area.mask_at((8, 8)) is None


def test_a_region_that_is_a_box_is_cut_out_and_needs_no_mask() -> None:
    plan = AreaPlan(region=BOX)
    area = plan.area(40, 60)
    assert area.box == Box(10, 5, 20, 20) and area.mask is None and not plan.masks
    cut = area.cut(PIXELS)
    assert np.array_equal(cut, PIXELS[5:25, 10:30]) and np.shares_memory(cut, PIXELS)


def test_outside_a_slanted_region_nothing_counts() -> None:
    plan = AreaPlan(region=((10, 0), (20, 10), (10, 20), (0, 10)))
    area = plan.area(40, 60)
    assert plan.masks and area.box == Box(0, 0, 21, 21) and area.mask is not None
    assert area.mask[10, 10] and area.mask[10, 0] and not area.mask[0, 0] and not area.mask[20, 20]
    assert 0.45 < area.mask.mean() < 0.55  # a square on its corner is half of its box


def test_ignored_places_are_left_out_of_the_mask_but_not_of_the_box() -> None:
    area = AreaPlan(region=BOX, ignored=(((10, 5), (14, 5), (14, 24), (10, 24)),)).area(40, 60)
    assert area.box == Box(10, 5, 20, 20) and area.mask is not None
    assert not area.mask[:, :5].any() and area.mask[:, 5:].all()


def test_the_mask_at_the_models_size_counts_what_is_at_least_half_inside() -> None:
    area = AreaPlan(ignored=(((0, 0), (29, 0), (29, 39), (0, 39)),)).area(40, 60)
    assert np.array_equal(area.mask_at((4, 6)), np.repeat([[False] * 3 + [True] * 3], 4, axis=0))
    assert np.array_equal(area.mask_at((4, 4)), np.repeat([[False, False, True, True]], 4, axis=0))
    thirds = AreaPlan(ignored=(((0, 0), (24, 0), (24, 39), (0, 39)),)).area(40, 60).mask_at((1, 6))
    assert thirds is not None and thirds.tolist() == [[False, False, True, True, True, True]]  # the third: 5 of 10


def test_a_drawing_counts_where_it_is_white(tmp_path: Path) -> None:
    drawn = np.zeros((40, 60), np.uint8)
    drawn[10:30, 20:50] = 255
    drawn[15:20, 30:40] = 0
    cv2.imwrite(str(tmp_path / "mask.png"), drawn)
    area = AreaPlan(drawing=read_drawing(tmp_path / "mask.png")).area(40, 60)
    assert area.box == Box(20, 10, 30, 20) and area.mask is not None
    assert np.array_equal(area.mask, drawn[10:30, 20:50] > 0)


def test_corners_beyond_the_frame_end_at_its_edge() -> None:
    assert AreaPlan(region=((-5, -5), (100, -5), (100, 19), (-5, 19))).area(40, 60).box == Box(0, 0, 60, 20)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (AreaPlan(region=((100, 100), (120, 100), (110, 120))), "no pixel in a frame of 60x40"),
        (AreaPlan(region=BOX, ignored=(((0, 0), (60, 0), (60, 40), (0, 40)),)), "everything .* is ignored"),
        (AreaPlan(drawing=np.ones((20, 30), np.bool_)), "the mask is 30x20, the camera's frames are 60x40"),
        (AreaPlan(drawing=np.zeros((40, 60), np.bool_)), "no pixel"),
    ],
)
def test_an_area_that_leaves_nothing_is_refused(plan: AreaPlan, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan.area(40, 60)


def test_a_drawing_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_text("no picture", encoding="utf-8")
    for name in ("mask.png", "absent.png"):
        with pytest.raises(ConfigError, match=name):
            read_drawing(tmp_path / name)


@pytest.mark.parametrize(
    "plan",
    [
        AreaPlan(region=((20, 8), (32, 20), (20, 32), (8, 20))),
        AreaPlan(region=((-5, 10), (40, -5), (70, 20), (30, 50))),  # beyond the frame on all sides
        AreaPlan(region=BOX, ignored=(((12, 7), (15, 7), (15, 9)),)),
        AreaPlan(ignored=(((12, 7), (15, 7), (15, 9)),)),
        AreaPlan(drawing=np.add.outer(np.arange(40), np.arange(60)) % 70 > 30),
    ],
)
def test_a_picture_that_was_cut_has_the_mask_that_it_had_in_its_frame(plan: AreaPlan) -> None:
    area = plan.area(40, 60)
    height, width = area.cut(PIXELS).shape[:2]
    assert np.array_equal(plan.mask_of_cut(height, width), area.mask)
