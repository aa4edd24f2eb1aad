"""A labelled picture together with what the model said about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import PictureError
from edge.pictures import Picture, read_picture, readable
from train.data.dataset import Box, Sample

Map = NDArray[np.float32]
Judge = Callable[[Picture], tuple[float, Map | None]]


@dataclass(frozen=True, slots=True)
class Scored:
    """One labelled picture and the model's answer. Scores and maps are raw: higher is more anomalous.

    Attributes:
        path: the picture.
        label: 0 for good, 1 for anomalous.
        defect: "good" or the name of the defect.
        score: the picture's score.
        map: float32 [h, w] at the model's size; None for a model without maps.
        mask: bool [h, w] at the map's size, True where the defect is; None where there is no mask or no map.
        boxes: where the defects are, in pixels of the map; empty where there are no boxes or no map.
    """

    path: Path
    label: int
    defect: str
    score: float
    map: Map | None = None
    mask: NDArray[np.bool_] | None = None
    boxes: tuple[Box, ...] = ()


def score_samples(samples: Sequence[Sample], judge: Judge, skipped: list[Path]) -> Iterator[Scored]:
    """Lets a model judge each picture, at the picture's own size.

    Args:
        samples: labelled pictures.
        judge: takes uint8 [H, W, 3] BGR and gives the score and the map, float32 [h, w] or None.
        skipped: receives the pictures that cannot be decoded.

    Raises:
        PictureError: a mask cannot be read, or a mask or box does not fit its picture.
    """
    by_path = {sample.path: sample for sample in samples}
    for path, pixels in readable(list(by_path), skipped):
        score, anomaly_map = judge(pixels)
        yield scored(by_path[path], pixels.shape[:2], score, anomaly_map)


def scored(sample: Sample, size: tuple[int, ...], score: float, anomaly_map: Map | None) -> Scored:
    """Brings mask and boxes of a sample to the map's size.

    Masks take the nearest pixel. Boxes grow outward to whole pixels of the map, by less than one.

    Args:
        sample: the labelled picture.
        size: (height, width) of the picture in pixels.
        score: the model's score.
        anomaly_map: float [h, w], or None.

    Raises:
        PictureError: the mask cannot be read, or mask or box does not fit the picture.
    """
    if anomaly_map is None:
        return Scored(sample.path, sample.label, sample.defect, float(score))
    height, width = anomaly_map.shape
    return Scored(
        path=sample.path,
        label=sample.label,
        defect=sample.defect,
        score=float(score),
        map=np.asarray(anomaly_map, dtype=np.float32),
        mask=None if sample.mask is None else _scaled_mask(sample.mask, sample.path, size, (height, width)),
        boxes=tuple(_scaled_box(box, sample.path, size, (height, width)) for box in sample.boxes),
    )


def _scaled_mask(mask: Path, path: Path, size: tuple[int, ...], map_size: tuple[int, int]) -> NDArray[np.bool_]:
    pixels = read_picture(mask).max(axis=2)
    if pixels.shape != size:
        raise PictureError(
            f"mask {mask} is {_shape(pixels.shape)} pixels, its picture {path} is {_shape(size)}",
            hint="masks must have the size of their pictures",
        )
    small = cv2.resize(pixels, map_size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(small > 127)


def _scaled_box(box: Box, path: Path, size: tuple[int, ...], map_size: tuple[int, int]) -> Box:
    if box.max_row >= size[0] or box.max_col >= size[1]:
        raise PictureError(f"a box of {path} ends outside of the picture, which is {_shape(size)} pixels")
    down, right = map_size[0] / size[0], map_size[1] / size[1]
    return Box(
        min_row=math.floor(box.min_row * down),
        min_col=math.floor(box.min_col * right),
        max_row=math.ceil((box.max_row + 1) * down) - 1,
        max_col=math.ceil((box.max_col + 1) * right) - 1,
    )


def _shape(size: tuple[int, ...]) -> str:
    return f"{size[1]} x {size[0]}"
