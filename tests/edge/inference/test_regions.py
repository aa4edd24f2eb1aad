from __future__ import annotations

import numpy as np
import pytest

from edge.inference.regions import MOST_REGIONS, find_regions, least_cells
from edge.verdict import Box

WHOLE = Box(0, 0, 500, 300)  # of the frame; maps are 30 x 40


def level(value: float = 1.0) -> np.ndarray:
    return np.full((30, 40), value, np.float32)


@pytest.mark.parametrize("shape", [(300, 500), (31, 43), (480, 641), (7, 9), (1080, 1920)], ids=str)
def test_regions_stay_inside_the_frame_and_cover_their_cells(shape: tuple[int, int]) -> None:
    for row, column in ((0, 0), (29, 39), (17, 5), (1, 38)):
        anomaly_map = level(0.0)
        anomaly_map[row, column] = 9.0
        (region,) = find_regions(anomaly_map, 5.0, Box(0, 0, shape[1], shape[0]))
        assert min(region.width, region.height, region.area_px) >= 1
        assert region.x <= column * shape[1] / 40
        assert (column + 1) * shape[1] / 40 <= region.x + region.width <= shape[1]
        assert region.y <= row * shape[0] / 30
        assert (row + 1) * shape[0] / 30 <= region.y + region.height <= shape[0]


def test_many_regions_are_cut_to_the_highest() -> None:
    anomaly_map = level(0.0)
    anomaly_map[::2, ::2] = np.arange(300, dtype=np.float32).reshape(15, 20) + 10
    found = find_regions(anomaly_map, 5.0, WHOLE)
    assert [region.score for region in found] == [309.0 - number for number in range(MOST_REGIONS)]


def test_regions_are_those_of_a_plain_search_however_many_there_are() -> None:
    """Against a flood fill in Python, on noise that breaks into hundreds of areas."""
    rng = np.random.default_rng(3)
    for size in ((40, 60), (7, 300)):
        anomaly_map = rng.normal(0, 1, size).astype(np.float32)
        areas = []
        left = {(int(y), int(x)) for y, x in np.argwhere(anomaly_map > 0.8)}
        while left:
            area, edge = set(), [left.pop()]
            while edge:
                y, x = edge.pop()
                area.add((y, x))
                around = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
                left -= around
                edge += around
            areas.append(area)
        assert len(areas) > 50
        areas.sort(key=lambda area: -max(anomaly_map[cell] for cell in area))
        found = find_regions(anomaly_map, 0.8, Box(0, 0, size[1], size[0]))
        assert len(found) == MOST_REGIONS
        for region, area in zip(found, areas, strict=False):
            rows, columns = [y for y, _ in area], [x for _, x in area]
            assert region.score == max(float(anomaly_map[cell]) for cell in area)
            assert (region.x, region.y) == (min(columns), min(rows))
            assert (region.width, region.height) == (max(columns) - min(columns) + 1, max(rows) - min(rows) + 1)
            assert region.area_px == len(area)


def test_areas_too_many_for_short_labels_are_told_apart() -> None:
    anomaly_map = np.zeros((520, 520), np.float32)
    anomaly_map[::2, ::2] = np.arange(260 * 260, dtype=np.float32).reshape(260, 260) + 10
    found = find_regions(anomaly_map, 5.0, Box(0, 0, 520, 520))
    assert [region.score for region in found] == [260 * 260 + 9.0 - number for number in range(MOST_REGIONS)]
    assert {region.area_px for region in found} == {1}


def test_without_a_pixel_threshold_there_are_no_regions() -> None:
    assert find_regions(level(9.0), None, WHOLE) == ()


def test_small_regions_make_room_for_lower_ones() -> None:
    anomaly_map = level(0.0)
    anomaly_map[::2, ::2] = 9.0
    anomaly_map[20:24, 30:36] = 7.0
    (region,) = find_regions(anomaly_map, 5.0, WHOLE, least_cells=10)
    assert region.score == 9.0  # of the single pixels inside it
    assert region.area_px >= 24 * 125


def test_the_smallest_region_to_show_is_larger_than_any_of_good_parts() -> None:
    rng = np.random.default_rng(0)
    maps = [rng.normal(0, 1, (200, 200)).astype(np.float32) for _ in range(20)]
    maps[3][50:53, 60:64] = 9.0
    maps[5][10, 10] = 9.0
    least = least_cells(maps, 6.0)
    assert least == 13
    assert all(find_regions(each, 6.0, Box(0, 0, 200, 200), least_cells=least) == () for each in maps)
    assert least_cells(maps, 20.0) == least_cells([], 6.0) == 0


def test_one_odd_part_among_the_good_does_not_hide_large_regions() -> None:
    odd = np.zeros((200, 200), np.float32)
    odd[50:150, 50:150] = 9.0
    assert least_cells([odd], 6.0) == 40
