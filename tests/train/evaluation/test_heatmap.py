from __future__ import annotations

import cv2
import numpy as np
import pytest

from train.evaluation.heatmap import STRONGEST, colours, overlay

GREY = np.full((20, 30, 3), 90, np.uint8)


def flat(value: float) -> np.ndarray:
    return np.full((4, 6), value, np.float32)


@pytest.mark.parametrize("value", [-5.0, 0.0, 2.0])
def test_what_is_calm_stays_as_it_is(value: float) -> None:
    np.testing.assert_array_equal(overlay(GREY, flat(value), 2.0, 6.0), GREY)


def test_all_above_the_scale_is_the_strongest_red() -> None:
    top = overlay(GREY, flat(6.0), 2.0, 6.0)
    np.testing.assert_array_equal(overlay(GREY, flat(600.0), 2.0, 6.0), top)
    red = colours(np.ones((1, 1)))[0, 0]
    np.testing.assert_allclose(top[0, 0], (1 - STRONGEST) * 90 + STRONGEST * red.astype(float), atol=0.5)
    blue, _, reddest = top[0, 0].astype(int)
    assert reddest > blue + 50


def test_the_share_of_colour_grows_with_the_map() -> None:
    change = [
        int(np.abs(overlay(np.full_like(GREY, 0), flat(value), 0.0, 1.0).astype(int)).sum())
        for value in (0.0, 0.02, 0.1, 0.3)
    ]
    assert change == sorted(set(change))


def test_one_value_has_one_colour_whatever_else_is_in_its_map() -> None:
    """No map is stretched to its own range, or a calm part would look like a defect."""
    lively = flat(3.0)
    lively[:, :2] = 6.0
    np.testing.assert_array_equal(
        overlay(GREY, lively, 2.0, 6.0)[:, -8:], overlay(GREY, flat(3.0), 2.0, 6.0)[:, -8:]
    )


def test_the_colour_lies_where_the_map_is_high() -> None:
    anomaly_map = np.zeros((4, 6), np.float32)
    anomaly_map[3, 0] = 1.0
    changed = np.abs(overlay(GREY, anomaly_map, 0.0, 1.0).astype(int) - GREY).sum(axis=2)
    assert changed[16:, :4].min() > 0
    assert changed[:10].max() == 0 == changed[:, 11:].max()


def test_the_picture_itself_is_not_drawn_on() -> None:
    before = GREY.copy()
    overlay(GREY, flat(5.0), 2.0, 6.0)
    np.testing.assert_array_equal(GREY, before)


def test_levels_run_from_blue_over_green_to_red() -> None:
    steps = colours(np.array([[0.1, 0.5, 0.95]]))[0]
    assert [int(np.argmax(step)) for step in steps] == [0, 1, 2]
    assert cv2.cvtColor(steps[None], cv2.COLOR_BGR2HSV)[0, :, 1].min() > 100
