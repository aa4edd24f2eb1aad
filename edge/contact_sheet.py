"""A contact sheet: pictures that somebody should look at, each beside its heatmap, in one PNG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.durable import write_whole
from edge.errors import PictureError
from edge.pictures import Picture

MOST_TILES = 24
SIDE_PX = 240  # of the box that a picture is fitted into
_CAPTION_PX = 22
_GAP_PX = 8
_COLUMNS = 3
_HEAT = 0.5  # share of colour over picture at the top of the range
_LONGEST_CAPTION = 52
_GREY = 235


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture, small.

    Attributes:
        name: caption, e.g. the file's name.
        score: raw.
        picture: uint8 [h, w, 3] BGR, as ``tile_of`` makes it.
        anomaly_map: float32 [h, w], raw, of the same size; None for a model without maps.
    """

    name: str
    score: float
    picture: Picture
    anomaly_map: NDArray[np.float32] | None


def tile_of(name: str, score: float, pixels: Picture, anomaly_map: NDArray[np.float32] | None) -> Tile:
    """Shrinks a picture, uint8 [H, W, 3] BGR, and its raw map, float32 [h, w], to a tile."""
    rows, columns = pixels.shape[:2]
    share = SIDE_PX / max(rows, columns)
    size = max(1, round(columns * share)), max(1, round(rows * share))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    if anomaly_map is None:
        return Tile(name, score, small, None)
    return Tile(name, score, small, np.asarray(cv2.resize(anomaly_map, size), np.float32))


def contact_sheet(tiles: Sequence[Tile]) -> Picture:
    """Draws at most ``MOST_TILES`` tiles in their order, all heatmaps over one range, blue low and red high.

    Returns:
        uint8 [H, W, 3] BGR.
    """
    shown = tiles[:MOST_TILES]
    maps = [tile.anomaly_map for tile in shown if tile.anomaly_map is not None]
    low = min((float(scores.min()) for scores in maps), default=0.0)
    high = max((float(scores.max()) for scores in maps), default=1.0)
    columns = min(_COLUMNS, len(shown))
    width, height = 2 * SIDE_PX + _GAP_PX, SIDE_PX + _CAPTION_PX + _GAP_PX
    rows = math.ceil(len(shown) / columns)
    sheet = np.full((rows * height + _GAP_PX, columns * (width + _GAP_PX), 3), _GREY, np.uint8)
    for number, tile in enumerate(shown):
        y, x = (number // columns) * height + _GAP_PX, (number % columns) * (width + _GAP_PX) + _GAP_PX // 2
        _draw(sheet[y : y + height, x : x + width], tile, low, high)
    return sheet


def write_contact_sheet(path: Path, tiles: Sequence[Tile]) -> None:
    """Writes the sheet as PNG.

    Raises:
        PictureError: it cannot be written.
    """
    _, data = cv2.imencode(".png", contact_sheet(tiles))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data.tobytes())
    except OSError as error:
        raise PictureError(f"cannot write {path}: {error.strerror}", hint="check the folder's owner") from error


def _draw(place: Picture, tile: Tile, low: float, high: float) -> None:
    rows, columns = tile.picture.shape[:2]
    place[:rows, :columns] = tile.picture
    if tile.anomaly_map is not None:
        heat = np.clip((tile.anomaly_map - low) / ((high - low) or 1.0), 0, 1)
        colours = cv2.applyColorMap(np.rint(255 * heat).astype(np.uint8), cv2.COLORMAP_TURBO)
        place[:rows, SIDE_PX : SIDE_PX + columns] = cv2.addWeighted(tile.picture, 1 - _HEAT, colours, _HEAT, 0)
    caption = f"{tile.score:.4g}  {tile.name[-_LONGEST_CAPTION:]}"
    at = (0, SIDE_PX + _CAPTION_PX - 6)
    cv2.putText(place, caption, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (30, 30, 30), 1, cv2.LINE_AA)
