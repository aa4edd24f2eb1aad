from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.contact_sheet import MOST_TILES, SIDE_PX, contact_sheet, tile_of, write_contact_sheet
from edge.errors import PictureError
from edge.pictures import Picture, read_picture


def bright(column: int) -> tuple[Picture, np.ndarray]:
    """A grey picture, and a map that is high in one quarter of its columns."""
    scores = np.zeros((24, 32), np.float32)
    scores[:, column * 8 : (column + 1) * 8] = 5.0
    return np.full((480, 640, 3), 128, np.uint8), scores


def test_each_heatmap_lies_beside_its_picture_over_one_range(tmp_path: Path) -> None:
    weak, scores = bright(1)
    tiles = [tile_of("a.png", 5.0, *bright(3)), tile_of("b.png", 2.5, weak, scores / 2)]
    path = tmp_path / "new" / "sheet.png"
    write_contact_sheet(path, tiles)
    sheet = read_picture(path).astype(int)
    middle = SIDE_PX // 3
    row = sheet[middle]
    pictures = [row[x : x + SIDE_PX] for x in (4, 4 + 2 * SIDE_PX + 16)]
    assert all(np.all(picture == 128) for picture in pictures)
    heat = [row[x + SIDE_PX : x + 2 * SIDE_PX] for x in (4, 4 + 2 * SIDE_PX + 16)]
    red_less_blue = [each[:, 2] - each[:, 0] for each in heat]
    assert red_less_blue[0][-20] > 40 > red_less_blue[0][20]  # hot at the right of the first
    quarter = SIDE_PX * 3 // 8
    assert red_less_blue[1][quarter] < red_less_blue[0][-20]  # half as hot in the second, on the same scale


def test_a_long_list_is_cut_and_a_model_without_maps_gives_pictures_alone() -> None:
    picture = np.full((100, 50, 3), 50, np.uint8)
    tiles = [tile_of(f"{number}.png", 1.0, picture, None) for number in range(MOST_TILES + 9)]
    assert contact_sheet(tiles).shape == contact_sheet(tiles[:MOST_TILES]).shape


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PictureError, match="cannot write .*file/sheet.png: "):
        write_contact_sheet(tmp_path / "file" / "sheet.png", [tile_of("a", 1.0, *bright(0))])
