"""The pictures of the report: which ones a person should look at, and how they are drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.pictures import Picture, prepare, read_picture
from train.evaluation.heatmap import colours, overlay
from train.evaluation.scores import Scored

PER_SECTION = 8
NEAREST = 4  # shown instead where a section has no mistakes
LONGEST_PX = 320
MARGIN_PX = 5  # between a known defect and the line around it
JPEG_QUALITIES = (82, 65, 45, 25)
JPEG_BYTES = 40_000  # 48 of them in base64 stay below 3 MB
MAPS_SAMPLED = 64  # pictures that the colour scale is read from


@dataclass(frozen=True, slots=True)
class Section:
    """A row of pictures with the reason to look at it."""

    title: str
    note: str
    pictures: tuple[Scored, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """Map values at both ends of the colours, the same for all pictures of a report."""

    low: float
    high: float


def sections(scored: Sequence[Scored], threshold: float) -> list[Section]:
    """Chooses the pictures: worst false alarms, missed ones, typical hits; never more than eight each."""
    good = sorted((s for s in scored if not s.label), key=lambda s: -s.score)
    anomalous = sorted((s for s in scored if s.label), key=lambda s: s.score)
    alarms = [s for s in good if s.score > threshold]
    missed = [s for s in anomalous if s.score <= threshold]
    hits = [s for s in anomalous if s.score > threshold]
    chosen = []
    if good:
        chosen.append(
            _mistakes("False alarms", "Good pictures above the threshold, highest score first.", alarms, good)
        )
    if anomalous:
        chosen.append(
            _mistakes(
                "Missed", "Anomalous pictures not above the threshold, lowest score first.", missed, anomalous
            )
        )
    if hits:
        note = "Anomalous pictures that were found; of each defect those nearest to its median score."
        chosen.append(Section("Typical hits", note, tuple(_typical(hits)[:PER_SECTION])))
    return chosen


def colour_scale(scored: Sequence[Scored], pixel_threshold: float | None) -> Scale | None:
    """From the median of all maps to their highest 0.1 %, or to the pixel threshold where that is higher.

    None where there are no maps. Reads an evenly spaced part of the maps where there are many.
    """
    maps = [s.map for s in scored if s.map is not None]
    if not maps:
        return None
    step = -(-len(maps) // MAPS_SAMPLED)
    values = np.concatenate([m.ravel() for m in maps[::step]])
    low, high = (float(v) for v in np.quantile(values, (0.5, 0.999)))
    high = high if pixel_threshold is None else max(high, pixel_threshold)
    return Scale(low, high if high > low else low + 1.0)


def thumbnails(scored: Scored, scale: Scale | None) -> tuple[bytes, bytes | None]:
    """JPEG files of the picture and of the same with its map, longest side 320 px, known defects outlined.

    Raises:
        PictureError: the picture can no longer be read.
    """
    pixels = read_picture(scored.path)
    factor = min(1.0, LONGEST_PX / max(pixels.shape[:2]))
    small = prepare(pixels, (max(1, round(pixels.shape[0] * factor)), max(1, round(pixels.shape[1] * factor))))
    if scored.map is None or scale is None:
        return _jpeg(small), None
    outlines = _outlines(scored, small.shape[:2])
    heat = overlay(small, scored.map, scale.low, scale.high)
    return _jpeg(_outlined(small, outlines)), _jpeg(_outlined(heat, outlines))


def legend_png(width_px: int = 256, height_px: int = 12) -> bytes:
    """The colour scale as a PNG file, low on the left."""
    level = np.tile(np.linspace(0.0, 1.0, width_px), (height_px, 1))
    return cv2.imencode(".png", colours(level))[1].tobytes()


def shown_name(path: Path) -> str:
    """Folder and file: the part of a path that tells pictures of a data set apart."""
    return str(Path(path.parent.name) / path.name)


def _mistakes(title: str, note: str, wrong: list[Scored], nearest: list[Scored]) -> Section:
    if wrong:
        return Section(title, note, tuple(wrong[:PER_SECTION]))
    return Section(title, "None. These come nearest to it:", tuple(nearest[:NEAREST]))


def _typical(hits: list[Scored]) -> list[Scored]:
    """All hits, by turns from each defect, those nearest to its median score first."""
    by_defect: defaultdict[str, list[Scored]] = defaultdict(list)
    for hit in hits:
        by_defect[hit.defect].append(hit)
    for group in by_defect.values():
        median = float(np.median([hit.score for hit in group]))
        group.sort(key=lambda hit: abs(hit.score - median))
    turns = zip_longest(*(by_defect[defect] for defect in sorted(by_defect)))
    return [hit for turn in turns for hit in turn if hit is not None]


def _outlines(scored: Scored, size: tuple[int, ...]) -> list[NDArray[np.int32]]:
    """Contours around the defect's mask or boxes in pixels of the thumbnail, so far off that it stays visible."""
    if scored.map is None:
        return []
    area = np.zeros(scored.map.shape, np.uint8)
    if scored.mask is not None:
        area[scored.mask] = 255
    for box in scored.boxes if scored.mask is None else ():
        area[box.min_row : box.max_row + 1, box.min_col : box.max_col + 1] = 255
    # Any share of a pixel counts, or small defects would be lost.
    touched = (cv2.resize(area, size[::-1], interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    around = cv2.dilate(touched, np.ones((2 * MARGIN_PX + 1, 2 * MARGIN_PX + 1), np.uint8))
    found = cv2.findContours(around, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    return [np.asarray(contour, np.int32) for contour in found]


def _outlined(pixels: Picture, outlines: list[NDArray[np.int32]]) -> Picture:
    drawn = pixels.copy()
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):  # seen on dark and on bright parts
        cv2.drawContours(drawn, outlines, -1, colour, thickness, cv2.LINE_AA)
    return drawn


def _jpeg(pixels: Picture) -> bytes:
    """The best quality that keeps a report mailable; what is full of fine grain takes a lower one."""
    for quality in JPEG_QUALITIES:
        content = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, quality))[1].tobytes()
        if len(content) <= JPEG_BYTES:
            break
    return content
