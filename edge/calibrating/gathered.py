"""The scores of good parts as they come in, with those parts that score highest still to be looked at."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.area import AreaPlan
from edge.calibrating.masking import counting
from edge.contact_sheet import MOST_TILES, Tile, tile_of
from edge.health.camera_faults.taking import ReferenceTaker
from edge.inference.engine import Raw
from edge.pictures import Picture

MOST_MAPS = 32  # that are kept: few good parts exceed the pixel threshold


@dataclass(frozen=True, slots=True)
class Part:
    """A good part: the name of its picture, uint8 [H, W, 3] BGR as the model sees it, and what the model says."""

    name: str
    pixels: Picture
    raw: Raw


@dataclass
class Gathered:
    """What a calibration is made of. Other threads may read it while it grows.

    Attributes:
        view: takes the reference of the camera's view.
        plan: what of each picture counts.
        names: of the pictures, in the order in which they came.
        scores: of each.
        peaks: maximum of each one's anomaly map; empty for a model without maps.
        refused: pictures that were not used, by reason.
        trouble: why the camera gives none now, one line; empty where it does.
    """

    view: ReferenceTaker
    plan: AreaPlan = AreaPlan()
    names: list[str] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    trouble: str = ""
    _highest: list[tuple[float, int, Tile]] = field(default_factory=list)
    _maps: list[tuple[float, int, NDArray[np.float32]]] = field(default_factory=list)  # with the highest peaks

    def add(self, part: Part) -> None:
        """Takes in a good part."""
        height, width = part.pixels.shape[:2]
        number, raw = len(self.scores), counting(part.raw, self.plan, (height, width))
        self.view.look(part.pixels)
        self.names.append(part.name)
        if raw.anomaly_map is not None:
            self.peaks.append(float(raw.anomaly_map.max()))
            push = heapq.heappush if len(self._maps) < MOST_MAPS else heapq.heappushpop
            push(self._maps, (self.peaks[-1], number, raw.anomaly_map))
        self.scores.append(part.raw.score)
        if len(self._highest) < MOST_TILES or part.raw.score > self._highest[0][0]:
            tile = tile_of(part.name, part.raw.score, part.pixels, raw.anomaly_map)
            push = heapq.heappush if len(self._highest) < MOST_TILES else heapq.heappushpop
            push(self._highest, (part.raw.score, number, tile))

    def tiles(self, parts: Sequence[int]) -> list[Tile]:
        """Those of some parts, by their numbers, in their order, as far as they are among the highest scores."""
        known = {number: tile for _, number, tile in self._highest}
        return [known[number] for number in parts if number in known]

    def maps_without(self, parts: Sequence[int]) -> list[NDArray[np.float32]]:
        """The maps with the highest peaks of all but some parts."""
        return [anomaly_map for _, number, anomaly_map in self._maps if number not in set(parts)]

    def without(self, parts: Sequence[int]) -> tuple[list[float], list[float]]:
        """Scores and peaks of all but some parts."""
        kept = [number for number in range(len(self.scores)) if number not in set(parts)]
        return [self.scores[number] for number in kept], [self.peaks[number] for number in kept if self.peaks]
