"""Which pictures may show defects among those that are said to be good.

A defective part that was fitted on looks good to its own model. So every picture is scored by a model of the other
half: two fits of the grid that decides, for nothing but this.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from calibration import suspects
from edge.contact_sheet import MOST_TILES, Tile, tile_of
from edge.pictures import Picture
from edge.scorers.padim import PadimFit, PadimOptions, PadimScorer
from edge.teaching.records import Kept

Array = NDArray[np.float32]
Batches = Iterator[Sequence[Array]]
FeaturesOf = Callable[[Sequence[Kept]], Batches]


@dataclass(frozen=True)
class Suspect:
    """A picture that stands apart.

    Attributes:
        kept: which one.
        score: that a model of other pictures gives it, in multiples of the median of all.
        anomaly_map: float32 [height, width], that this model gives.
    """

    kept: Kept
    score: float
    anomaly_map: Array

    def tile(self, pixels: Picture) -> Tile:
        """For the contact sheet; the picture as kept, uint8 [height, width, 3] BGR."""
        name = f"{self.kept.number} {self.kept.taken_from} {self.kept.time:%d %b %H:%M}"
        return tile_of(name, self.score, pixels, self.anomaly_map)


def find_suspects(
    pictures: Sequence[Kept], features: FeaturesOf, size: tuple[int, int], options: PadimOptions
) -> tuple[Suspect, ...]:
    """The suspects, the highest score first; at most as many as a contact sheet shows.

    Args:
        pictures: that are said to be good.
        features: gives the views of pictures, batch by batch.
        size: (height, width) of the pictures.
        options: of the model that is taught.
    """
    first, second = pictures[::2], pictures[1::2]
    scores: dict[int, float] = {}
    worst: list[tuple[float, int, Array]] = []
    rows = _each_by_the_others(first, second, features, partial(PadimFit, size, options.for_scores()))
    for kept, (score, anomaly_map) in zip([*second, *first], rows, strict=True):
        scores[kept.number] = score
        worst = heapq.nlargest(MOST_TILES, [*worst, (score, kept.number, anomaly_map)], key=itemgetter(0))
    values = np.array([scores[kept.number] for kept in pictures])
    usual = float(np.median(values)) or 1.0
    maps = {number: anomaly_map for _, number, anomaly_map in worst}
    found = [pictures[index] for index in suspects.find(values)]
    return tuple(
        Suspect(kept, scores[kept.number] / usual, maps[kept.number]) for kept in found if kept.number in maps
    )


def looks_at(pictures: int) -> int:
    """How many features that takes: the first half is looked at twice."""
    return pictures + (pictures + 1) // 2


def _each_by_the_others(
    first: Sequence[Kept], second: Sequence[Kept], features: FeaturesOf, begin: Callable[[], PadimFit]
) -> Iterator[tuple[float, Array]]:
    """Scores and maps of the second half, by a model of the first, and then the other way round."""
    fit = begin()
    for views in features(first):
        fit.add(views)
    scorer = fit.scorer()
    del fit  # its sums take more memory than all else
    fit = begin()
    for views in features(second):
        yield from _scored(scorer, views)
        fit.add(views)
    scorer = fit.scorer()
    del fit
    for views in features(first):
        yield from _scored(scorer, views)


def _scored(scorer: PadimScorer, views: Sequence[Array]) -> Iterator[tuple[float, Array]]:
    """Score and map of each; a map of its own, as a view would keep those of the whole batch."""
    scored = scorer.score(views)
    return ((float(score), each.copy()) for score, each in zip(scored.scores, scored.maps, strict=True))
