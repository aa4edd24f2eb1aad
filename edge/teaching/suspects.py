"""Which pictures may show defects among those that are said to be good.

A defective part that was fitted on looks good to its own model. So every picture is scored by a model of the other
half: two fits of the grid that decides, for nothing but this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration import suspects
from edge.scorers.padim import PadimFit, PadimOptions
from edge.teaching.records import Kept

Array = NDArray[np.float32]
FeaturesOf = Callable[[Sequence[Kept]], Iterator[Sequence[Array]]]


@dataclass(frozen=True)
class Suspect:
    """A picture that stands apart.

    Attributes:
        kept: which one.
        score: that a model of other pictures gives it, in multiples of the median of all.
    """

    kept: Kept
    score: float


def find_suspects(
    pictures: Sequence[Kept], features: FeaturesOf, size: tuple[int, int], options: PadimOptions
) -> tuple[Suspect, ...]:
    """The suspects, the highest score first.

    Args:
        pictures: that are said to be good.
        features: gives the views of pictures, batch by batch.
        size: (height, width) of the pictures.
        options: of the model that is taught.
    """
    halves = pictures[::2], pictures[1::2]
    scores: dict[int, float] = {}
    for fitted, scored in (halves, halves[::-1]):
        found = _scores(features(fitted), features(scored), size, options)
        scores.update(zip((kept.number for kept in scored), found, strict=True))
    values = np.array([scores[kept.number] for kept in pictures])
    usual = float(np.median(values))
    return tuple(Suspect(pictures[index], float(values[index] / usual)) for index in suspects.find(values))


def _scores(
    good: Iterator[Sequence[Array]],
    unseen: Iterator[Sequence[Array]],
    size: tuple[int, int],
    options: PadimOptions,
) -> list[float]:
    fit = PadimFit(size, options.model_copy(update={"fine_weight": 0.0}))
    for views in good:
        fit.add(views[:1])
    scorer = fit.scorer()
    del fit  # its sums take more memory than all else
    return [float(score) for views in unseen for score in scorer.score(views[:1]).scores]
