from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.scorers.heatmap import render, rise, top_mean


@pytest.mark.parametrize(
    ("grid", "size", "sigma_px"),
    [
        ((16, 16), (256, 256), 4.0),
        ((16, 16), (256, 256), 0.0),
        ((26, 10), (416, 160), 4.0),
        ((7, 13), (100, 200), 2.5),
        ((7, 4), (97, 63), 1.0),
        ((32, 32), (32, 32), 3.0),
    ],
)
def test_two_matrices_do_what_resizing_and_blurring_the_whole_map_does(
    grid: tuple[int, int], size: tuple[int, int], sigma_px: float
) -> None:
    distances = np.random.default_rng(0).gamma(2.0, size=grid).astype(np.float32)
    expected = cv2.resize(distances, size[::-1], interpolation=cv2.INTER_LINEAR)
    if sigma_px:
        side = 2 * int(np.ceil(4 * sigma_px)) + 1
        expected = cv2.GaussianBlur(expected, (side, side), sigma_px, borderType=cv2.BORDER_REFLECT)
    found = render(distances[None], rise(grid[0], size[0], sigma_px), rise(grid[1], size[1], sigma_px))
    np.testing.assert_allclose(found[0], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("sigma_px", [0.0, 4.0, 60.0])
def test_a_level_map_stays_level_to_its_borders(sigma_px: float) -> None:
    np.testing.assert_allclose(rise(5, 83, sigma_px).sum(axis=1), 1.0, atol=1e-5)


def test_one_cell_fills_the_picture() -> None:
    np.testing.assert_allclose(rise(1, 40, 4.0), np.ones((40, 1)), atol=1e-6)


def test_the_score_is_the_mean_of_the_largest() -> None:
    distances = np.random.default_rng(0).permutation(24).astype(np.float32).reshape(2, 3, 4)
    for count in (1, 3, 12):
        expected = [np.sort(picture.ravel())[::-1][:count].mean() for picture in distances]
        np.testing.assert_allclose(top_mean(distances, count), expected)
