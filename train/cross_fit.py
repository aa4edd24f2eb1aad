"""One scorer of all good pictures, and what scorers of the folds say about those they have not seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from edge import progress
from edge.scorers.scorer import Scorer
from train.models.kind import Kind

Array = NDArray[np.float32]
_BATCH = 16


@dataclass(frozen=True)
class CrossFit:
    """What fitting with folds gives.

    Attributes:
        scorer: fitted on all pictures.
        scores: float32 [N], of each picture by a scorer fitted without its fold.
        peaks: float32 [N], the maximum of its map, likewise; None for a scorer without maps.
        maps: float32 [N, H, W], likewise; None where they were not kept, or there are none.
    """

    scorer: Scorer
    scores: Array
    peaks: Array | None
    maps: Array | None


def cross_fit(
    kind: Kind,
    features: Sequence[Array],
    folds: Sequence[int],
    size: tuple[int, int],
    options: BaseModel,
    seed: int,
    *,
    copies: int = 0,
    keep_maps: bool = False,
    description: str = "",
) -> CrossFit:
    """Fits a scorer on all pictures, and one without each fold to score that.

    Args:
        kind: of model.
        features: of all pictures, one float32 [N * (1 + copies), C, h, w] for each view.
        folds: of each picture, 0 to K - 1.
        size: (height, width) of the pictures.
        options: of the kind.
        seed: of the fit.
        copies: that follow each picture among the features. They share its fold, and are fitted but not scored.
        keep_maps: keep the maps too: 4 bytes for each pixel of every picture.
        description: what the progress bar begins with, e.g. "int8: ".
    """
    fold = np.asarray(folds)
    count, every = int(fold.max()) + 1, np.arange(len(fold) * (1 + copies))
    inside, originals = np.repeat(fold, 1 + copies), every[:: 1 + copies]
    scores = np.empty(len(fold), np.float32)
    peaks: Array | None = None
    maps: Array | None = None
    with progress.bar(f"{description}fitting with and without folds", count + 1) as advance:
        for number in range(count):
            scorer = kind.fit(_batches(features, every[inside != number]), size, options, seed, progress.silent)
            for part in _parts(np.flatnonzero(fold == number)):
                scored = scorer.score([view[originals[part]] for view in features])
                scores[part] = scored.scores
                if scored.maps is None:
                    continue
                if peaks is None:
                    peaks = np.empty_like(scores)
                    maps = np.empty((len(fold), *size), np.float32) if keep_maps else None
                peaks[part] = scored.maps.max(axis=(1, 2))
                if maps is not None:
                    maps[part] = scored.maps
            advance(1)
        scorer = kind.fit(_batches(features, every), size, options, seed, progress.silent)
        advance(1)
    return CrossFit(scorer, scores, peaks, maps)


def joined(batches: Iterable[Sequence[Array]]) -> list[Array]:
    """Batches of views to one array for each view, float32 [N, C, h, w]."""
    return [np.concatenate(parts) for parts in zip(*batches, strict=True)]


def _batches(features: Sequence[Array], chosen: NDArray[np.intp]) -> Iterator[list[Array]]:
    return ([view[part] for view in features] for part in _parts(chosen))


def _parts(chosen: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    return (chosen[start : start + _BATCH] for start in range(0, len(chosen), _BATCH))
