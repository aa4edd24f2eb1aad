"""What of a camera's picture is inspected: a region of interest, and places inside it that are ignored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.config.camera import StationCamera
from edge.errors import ConfigError, PictureError
from edge.pictures import Picture, read_picture
from edge.verdict import Box

Mask = NDArray[np.bool_]
Polygon = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Area:
    """The inspected part of a frame of one size.

    Attributes:
        box: what is cut out and shown to the model; None for the whole frame.
        mask: bool [H, W] of the cut-out, True where it is inspected; None where all of it is.
    """

    box: Box | None
    mask: Mask | None

    def cut(self, pixels: Picture) -> Picture:
        """The inspected part of a frame, without a copy."""
        box = self.box
        return pixels if box is None else pixels[box.y : box.y + box.height, box.x : box.x + box.width]

    def mask_at(self, size: tuple[int, int]) -> Mask | None:
        """The mask at the size (h, w) of the anomaly map: True where at least half of a map pixel is inspected."""
        if self.mask is None:
            return None
        share = cv2.resize(self.mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
        return np.asarray(share >= 0.5)


@dataclass(frozen=True)
class AreaPlan:
    """How one camera's area was drawn, whatever the size of its frames.

    The box around the region of interest is cut out before the model sees the picture. What lies in the box but
    outside the region, and every ignored place, is left out of the score.

    Attributes:
        region: corners (x, y) of a polygon in pixels of the frame; None for the whole frame.
        ignored: polygons inside it that do not count.
        drawing: bool [H, W] of the frame, True where it is inspected, from a picture; None without one.
    """

    region: Polygon | None = None
    ignored: tuple[Polygon, ...] = ()
    drawing: Mask | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is cut off or ignored."""
        return self.region is None and not self.ignored and self.drawing is None

    @property
    def masks(self) -> bool:
        """Whether something in the box may not count: always, unless the region is the box itself."""
        return bool(self.ignored) or self.drawing is not None or not (self.region is None or _is_box(self.region))

    def area(self, height: int, width: int) -> Area:
        """The area in frames of this size, in pixels.

        Raises:
            ConfigError: nothing is left to inspect, or the drawing is of another size.
        """
        if self.whole:
            return Area(None, None)
        drawn = self._drawn(height, width)
        if not drawn.any():
            raise ConfigError(
                f"the region of interest has no pixel in a frame of {width}x{height}",
                hint="draw it in pixels of the camera's picture",
            )
        x, y, box_width, box_height = cv2.boundingRect(drawn.astype(np.uint8))
        box = Box(x, y, box_width, box_height)
        counts = drawn & ~_filled(self.ignored, height, width)
        mask = counts[y : y + box_height, x : x + box_width]
        if not mask.any():
            raise ConfigError("everything in the region of interest is ignored", hint="ignore less of it")
        whole_frame = (box_width, box_height) == (width, height)
        return Area(None if whole_frame else box, mask if self.masks else None)

    def mask_of_cut(self, height: int, width: int) -> Mask | None:
        """The mask of a picture of this size, bool [height, width], that was cut out of a frame by this plan.

        Raises:
            ConfigError: the picture was not cut so, or nothing is left of it to inspect.
        """
        if not self.masks:
            return None
        if self.drawing is not None:
            frame_height, frame_width = self.drawing.shape
        else:  # the smallest frame that such a picture may come from
            left, top = (max(0, min(corner[axis] for corner in self.region or ((0, 0),))) for axis in (0, 1))
            frame_height, frame_width = top + height, left + width
        mask = self.area(frame_height, frame_width).mask
        if mask is not None and mask.shape != (height, width):
            raise ConfigError(
                f"a picture of {width}x{height} is not cut to the region of interest, "
                f"which is {mask.shape[1]}x{mask.shape[0]}",
                hint="cut it as 'edge-ad collect --config' cuts its pictures",
            )
        return mask

    def _drawn(self, height: int, width: int) -> Mask:
        drawn = np.ones((height, width), np.bool_)
        if self.region is not None:
            drawn = _filled((self.region,), height, width)
        if self.drawing is not None:
            if self.drawing.shape != drawn.shape:
                rows, columns = self.drawing.shape
                raise ConfigError(
                    f"the mask is {columns}x{rows}, the camera's frames are {width}x{height}",
                    hint="draw it on a picture of this camera",
                )
            drawn = drawn & self.drawing
        return drawn


def area_plan_of(camera: StationCamera) -> AreaPlan:
    """What of the camera's picture is inspected.

    Raises:
        ConfigError: the mask picture cannot be read.
    """
    drawing = read_drawing(camera.mask) if camera.mask else None
    return AreaPlan(camera.roi, camera.ignore, drawing)


def read_drawing(path: Path) -> Mask:
    """Reads a mask picture, bool [H, W]: white is inspected, black is not.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return np.asarray(read_picture(path).max(axis=2) > 127)
    except PictureError as error:
        raise ConfigError(f"mask {path}: {error.message}", hint="a PNG, white where to inspect") from error


def _is_box(polygon: Polygon) -> bool:
    columns, rows = ({corner[axis] for corner in polygon} for axis in (0, 1))
    corners = {(x, y) for x in columns for y in rows}
    return len(polygon) == len(corners) == 4 and set(polygon) == corners


def _filled(polygons: tuple[Polygon, ...], height: int, width: int) -> Mask:
    canvas = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        cv2.fillPoly(canvas, [np.array(polygon, np.int32)], 1)
    return canvas.astype(np.bool_)
