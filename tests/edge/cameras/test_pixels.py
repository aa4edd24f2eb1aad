from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edge.cameras.pixels import as_picture, as_shot

COLOUR = np.array([[[10, 20, 30], [200, 100, 0]]], np.uint8)  # one row of two pixels


def test_a_picture_of_eight_bits_in_colour_is_handed_on_as_it_is() -> None:
    pixels, fault = as_picture(COLOUR)
    assert pixels is COLOUR
    assert fault == ""


@pytest.mark.parametrize(
    ("decoded", "expected"),
    [
        (np.array([[7, 9]], np.uint8), [[[7, 7, 7], [9, 9, 9]]]),
        (np.array([[[7], [9]]], np.uint8), [[[7, 7, 7], [9, 9, 9]]]),
        (np.array([[[1, 2, 3, 255]]], np.uint8), [[[1, 2, 3]]]),
        (np.array([[[256, 511, 65535]]], np.uint16), [[[1, 1, 255]]]),
        (np.array([[[0.0, 0.5, 1.0]]], np.float32), [[[0, 128, 255]]]),
        (np.array([[0.2]], np.float64), [[[51, 51, 51]]]),
    ],
)
def test_every_kind_of_pixel_becomes_bgr_of_eight_bits(decoded: np.ndarray, expected: list[Any]) -> None:
    pixels, fault = as_picture(decoded)
    assert pixels.dtype == np.uint8
    assert pixels.tolist() == expected
    assert fault == ""


def test_twelve_bits_keep_their_upper_eight_and_what_is_beyond_is_white() -> None:
    pixels, _ = as_picture(np.array([[16, 4095, 5000]], np.uint16), bits=12)
    assert pixels[0, :, 0].tolist() == [1, 255, 255]


@pytest.mark.parametrize(
    ("decoded", "size", "fault"),
    [
        (np.zeros((0, 3, 3), np.uint8), (0, 0), "3x0 pixels"),
        (np.zeros((4, 0), np.uint8), (0, 0), "0x4 pixels"),
        (np.zeros(0, np.uint8), (0, 0), "zero bytes"),
        (np.array([[0.1, np.nan, np.inf]]), (1, 3), "not a number in 2 of 3 values"),
        (np.array([[-0.5, 3.0]]), (1, 2), "values from -0.5 to 3 in a float picture, 0 to 1 are possible"),
        (np.zeros((2, 3), np.int32), (2, 3), "pixels of type int32"),
        (np.zeros((2, 3, 2), np.uint8), (2, 3), "2 channels in a pixel"),
    ],
)
def test_what_is_no_picture_is_a_fault_and_no_exception(
    decoded: np.ndarray, size: tuple[int, int], fault: str
) -> None:
    pixels, found = as_picture(decoded)
    assert found == fault
    assert pixels.shape == (*size, 3)
    assert pixels.dtype == np.uint8


def test_where_a_value_is_no_number_the_others_stay() -> None:
    pixels, _ = as_picture(np.array([[np.nan, 1.0]]))
    assert pixels[0, :, 0].tolist() == [0, 255]


@pytest.mark.parametrize(
    ("width", "height", "fault"),
    [
        (None, None, ""),
        (2, 1, ""),
        (2, None, ""),
        (None, 5, "frame is 2x1, 2x5 was asked for"),
        (640, 480, "frame is 2x1, 640x480 was asked for"),
    ],
)
def test_the_size_is_compared_with_what_was_asked(width: int | None, height: int | None, fault: str) -> None:
    assert as_shot(COLOUR, width=width, height=height).fault == fault
