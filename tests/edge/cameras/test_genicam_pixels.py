from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from edge.cameras.genicam_pixels import FORMATS, from_component


@dataclass
class Component:
    """A picture as ``harvesters`` hands it out: flat values, rows perhaps padded."""

    data_format: str
    width: int
    height: int
    data: np.ndarray | None


def flat(values: list[int], kind: type = np.uint8) -> np.ndarray:
    return np.array(values, kind)


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        (Component("Mono8", 2, 1, flat([7, 9])), [[[7, 7, 7], [9, 9, 9]]]),
        (Component("Mono8", 2, 2, flat([1, 2, 0, 3, 4, 0])), [[[1, 1, 1], [2, 2, 2]], [[3, 3, 3], [4, 4, 4]]]),
        (Component("Mono10", 1, 1, flat([1023], np.uint16)), [[[255, 255, 255]]]),
        (Component("Mono12p", 1, 1, flat([32], np.uint16)), [[[2, 2, 2]]]),
        (Component("Mono16", 1, 1, flat([512], np.uint16)), [[[2, 2, 2]]]),
        (Component("RGB8", 1, 1, flat([10, 20, 30])), [[[30, 20, 10]]]),
        (Component("BGR8", 1, 1, flat([10, 20, 30])), [[[10, 20, 30]]]),
        (Component("RGBa8", 1, 1, flat([10, 20, 30, 255])), [[[30, 20, 10]]]),
        (Component("BGRa8", 1, 1, flat([10, 20, 30, 255])), [[[10, 20, 30]]]),
    ],
)
def test_each_format_becomes_bgr(component: Component, expected: list[list[list[int]]]) -> None:
    pixels, fault = from_component(component)
    assert pixels.tolist() == expected
    assert fault == ""


@pytest.mark.parametrize("bits", [8, 12])
@pytest.mark.parametrize("order", ["RG", "GR", "GB", "BG"])
def test_a_bayer_pattern_is_named_by_the_first_two_pixels_of_the_first_row(order: str, bits: int) -> None:
    colour = {"R": 200, "G": 100, "B": 40}
    second = {"RG": "GB", "GR": "BG", "GB": "RG", "BG": "GR"}[order]
    tile = np.array([[colour[name] for name in row] for row in (order, second)], np.uint16) << (bits - 8)
    mosaic = np.tile(tile, (4, 4)).astype(np.uint8 if bits == 8 else np.uint16)
    pixels, fault = from_component(Component(f"Bayer{order}{bits}", 8, 8, mosaic.ravel()))
    assert fault == ""
    assert pixels[2:6, 2:6].reshape(-1, 3).tolist() == [[40, 100, 200]] * 16


def test_the_picture_does_not_change_when_the_camera_writes_the_next_one() -> None:
    for name in ("Mono8", "BGR8", "BGRa8", "RGB8"):
        data = np.full(4 * FORMATS[name].channels, 50, np.uint8)
        pixels, _ = from_component(Component(name, 2, 2, data))
        data[:] = 99
        assert int(pixels.max()) == 50, name


@pytest.mark.parametrize(
    ("component", "fault"),
    [
        (Component("Mono8", 0, 4, flat([])), "0 values for 0x4 pixels"),
        (Component("Mono8", 4, 4, None), "0 values for 4x4 pixels"),
        (Component("RGB8", 4, 4, flat([1] * 47)), "47 values for 4x4 pixels"),
        (Component("Coord3D_A8", 1, 1, flat([1])), "pixels as Coord3D_A8, which is not read"),
    ],
)
def test_what_is_no_picture_is_a_fault(component: Component, fault: str) -> None:
    pixels, found = from_component(component)
    assert found == fault
    assert pixels.shape == (0, 0, 3)


def test_every_format_has_a_conversion_of_its_number_of_channels() -> None:
    for name, known in FORMATS.items():
        kind = np.uint8 if known.bits == 8 else np.uint16
        data = np.full(16 * known.channels, (1 << known.bits) - 1, kind)
        pixels, fault = from_component(Component(name, 4, 4, data))
        assert (pixels == 255).all(), name
        assert fault == "", name
    assert cv2.COLOR_BayerRGGB2BGR == cv2.COLOR_BayerBG2BGR  # OpenCV's other names go by the second row
