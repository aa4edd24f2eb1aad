from __future__ import annotations

import time

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from train.data.dataset import Box
from train.evaluation.pixel_metrics import aupro, box_hit_rate, pixel_auroc

Map = NDArray[np.float32]
Mask = NDArray[np.bool_]


def _brute_force_aupro(maps: list[Map], masks: list[Mask], limit: float) -> float:
    """Every threshold in turn, every region in turn, then the area under the straight lines up to the limit."""
    regions = []
    for anomaly_map, mask in zip(maps, masks, strict=True):
        labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
        regions += [anomaly_map[labels == number] for number in range(1, count + 1)]
    outside = np.concatenate([m[~mask] for m, mask in zip(maps, masks, strict=True)])
    every_value = np.unique(np.concatenate([m.ravel() for m in maps]))[::-1]
    points = [(0.0, 0.0)] + [
        (float((outside >= value).mean()), float(np.mean([(region >= value).mean() for region in regions])))
        for value in every_value
    ]
    area = 0.0
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        if x0 >= limit or x1 == x0:
            continue
        end = min(x1, limit)
        y_end = y0 + (y1 - y0) * (end - x0) / (x1 - x0)
        area += (end - x0) * (y0 + y_end) / 2
    return area / limit


def _random_case(seed: int, levels: int) -> tuple[list[Map], list[Mask]]:
    """Four small maps, the first without a defect; ``levels`` distinct values, few of them for many ties."""
    noise = np.random.default_rng(seed)
    masks = [noise.random((14, 19)) < share for share in (0.0, 0.08, 0.2, 0.4)]
    maps = [
        (noise.integers(0, levels, mask.shape) + mask * levels // 3).astype(np.float32) / levels for mask in masks
    ]
    return maps, masks


@pytest.mark.parametrize("limit", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("levels", [2, 7, 1000])
@pytest.mark.parametrize("seed", range(4))
def test_aupro_equals_brute_force(seed: int, levels: int, limit: float) -> None:
    maps, masks = _random_case(seed, levels)
    assert aupro(maps, masks, limit) == pytest.approx(_brute_force_aupro(maps, masks, limit), abs=1e-9)


def test_aupro_weighs_regions_alike_whatever_their_size() -> None:
    """One region of 4 pixels is found, one of 16 is not, nothing else rises: 1/2 all the way."""
    mask = np.zeros((20, 20), dtype=bool)
    mask[1:3, 1:3] = mask[10:14, 10:14] = True
    anomaly_map = np.zeros((20, 20), dtype=np.float32)
    anomaly_map[1:3, 1:3] = 1.0
    anomaly_map[10:14, 10:14] = -1.0
    assert aupro([anomaly_map], [mask], 0.3) == pytest.approx(0.5)


def test_regions_that_touch_at_a_corner_are_one() -> None:
    """A missed diagonal of six and one found pixel: half of two regions, not one of seven."""
    mask = np.eye(6, dtype=bool)
    mask[0, 5] = True
    anomaly_map = np.zeros((6, 6), dtype=np.float32)
    anomaly_map[mask] = -1.0
    anomaly_map[0, 5] = 1.0
    assert aupro([anomaly_map], [mask], 0.3) == pytest.approx(1 / 2)


def test_good_pictures_count_as_background() -> None:
    maps, masks = _random_case(0, 1000)
    calm, loud = np.full((14, 19), -1, np.float32), np.full((14, 19), 9, np.float32)
    clean = np.zeros((14, 19), dtype=bool)
    alone = aupro(maps, masks)
    assert aupro([*maps, loud], [*masks, clean]) < alone < aupro([*maps, calm], [*masks, clean])


def test_perfect_and_inverted_maps() -> None:
    _, masks = _random_case(1, 2)
    perfect = [mask.astype(np.float32) for mask in masks]
    assert aupro(perfect, masks) == pixel_auroc(perfect, masks) == pytest.approx(1.0)
    assert aupro([-m for m in perfect], masks) == pixel_auroc([-m for m in perfect], masks) == pytest.approx(0.0)


def test_a_rising_transform_changes_nothing() -> None:
    maps, masks = _random_case(2, 1000)
    other = [np.exp(5 * m) - 40 for m in maps]
    assert aupro(other, masks) == pytest.approx(aupro(maps, masks))
    assert pixel_auroc(other, masks) == pytest.approx(pixel_auroc(maps, masks))


def test_pixel_auroc_counts_pairs() -> None:
    """2 inside, 3 outside: of 6 pairs 4 are in order and 1 is a tie."""
    anomaly_map = np.array([[5, 2, 1, 2, 4]], dtype=np.float32)
    mask = np.array([[1, 1, 0, 0, 0]], dtype=bool)
    assert pixel_auroc([anomaly_map], [mask]) == pytest.approx(4.5 / 6)


def test_nothing_to_compare_gives_none() -> None:
    maps = [np.zeros((3, 3), np.float32)]
    for masks in ([np.zeros((3, 3), bool)], [np.ones((3, 3), bool)]):
        assert pixel_auroc(maps, masks) is None
        assert aupro(maps, masks) is None
    assert pixel_auroc([], []) is aupro([], []) is box_hit_rate([], []) is None


def test_the_maximum_must_lie_in_a_box_ends_included() -> None:
    peak = np.zeros((8, 10), np.float32)
    peak[3, 7] = 1
    boxes = {
        (Box(3, 7, 3, 7),): 1.0,
        (Box(0, 0, 1, 1), Box(1, 5, 3, 7)): 1.0,
        (Box(4, 7, 6, 9),): 0.0,
        (Box(3, 8, 3, 9),): 0.0,
        (Box(7, 3, 7, 3),): 0.0,
    }
    for picture_boxes, expected in boxes.items():
        assert box_hit_rate([peak], [picture_boxes]) == expected
    assert box_hit_rate([peak] * 5, list(boxes)) == pytest.approx(2 / 5)


def test_aupro_of_eighty_pictures_takes_seconds_at_most() -> None:
    noise = np.random.default_rng(0)
    maps = [cv2.blur(noise.random((256, 256), dtype=np.float32), (9, 9)) for _ in range(83)]
    masks = [np.zeros((256, 256), bool) for _ in range(83)]
    for mask in masks[20:]:
        mask[50:90, 60:100] = True
    begin = time.monotonic()
    aupro(maps, masks)
    assert time.monotonic() - begin < 5
