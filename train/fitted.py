"""A model fitted on good pictures, and scores of pictures that it was not fitted on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from edge import progress
from edge.pictures import Picture, readable
from edge.scorers.jitter import Jitter, augmented, copies_of
from train.cross_fit import cross_fit, joined
from train.data.split import FEWEST_GOOD, Split, none_aside, too_few
from train.models.model import Model, network_of, outputs_of, prepared
from train.models.registry import find_kind, options_of
from train.models.setup import Setup
from train.training.work import Work


@dataclass(frozen=True)
class Fitted:
    """What fitting gave.

    Attributes:
        model: fitted.
        pictures: that it was fitted on.
        scored: good pictures behind the threshold.
        scores: float32 [N], of each by a model that was not fitted on it.
        peaks: float32 [N], the maximum of its map, likewise; None for a model without maps.
        own: float32 [M], of the pictures that it was fitted on by itself: a heap of defective parts shows in them
            too, and only one in five is scored unseen. ``scores`` where all are.
        folds: how many there were; None for none.
    """

    model: Model
    pictures: list[Path]
    scored: list[Path]
    scores: np.ndarray
    peaks: np.ndarray | None
    own: np.ndarray
    folds: int | None = None


def fit_apart(setup: Setup, split: Split, work: Work, skipped: list[Path], jitter: Jitter | None = None) -> Fitted:
    """Fits on one part of the pictures and scores the other.

    Args:
        setup: the model.
        split: with pictures set aside.
        work: device, and the place of a training.
        skipped: pictures that cannot be decoded are added to it.
        jitter: of copies that are fitted besides the pictures.

    Raises:
        PictureError: fewer than 8 pictures can be decoded, or none of those kept aside.
    """
    fitted: list[Path] = []
    pictures = augmented(_named(_usable(split, skipped), fitted), jitter, setup.size, setup.seed)
    model = _fitted(setup, pictures, len(split.fit), copies_of(jitter), work)
    scored: list[Path] = []
    calibration = _named(readable(list(split.calibration), skipped), scored)
    with progress.bar("scores for the threshold", len(split.calibration)) as seen:
        batches = list(model.predict(calibration, device=work.device, seen=seen))
    if not batches:
        raise none_aside(split)
    scores = np.concatenate([batch.scores for batch in batches])
    peaks = [batch.maps.max(axis=(1, 2)) for batch in batches if batch.maps is not None]
    peak_of_each = np.concatenate(peaks) if peaks else None
    return Fitted(model, fitted, scored, scores, peak_of_each, _own_scores(model, fitted, work))


def _own_scores(model: Model, fitted: list[Path], work: Work) -> np.ndarray:
    pictures = (pixels for _, pixels in readable(fitted, []))
    with progress.bar("scores of what was fitted", len(fitted)) as seen:
        return np.concatenate([batch.scores for batch in model.predict(pictures, device=work.device, seen=seen)])


def _fitted(setup: Setup, pictures: Iterable[Picture], count: int, copies: int, work: Work) -> Model:
    kind = find_kind(setup.model)
    total = count * (1 + copies)
    if kind.lesson:
        with progress.bar("reading good pictures", total) as seen:
            kept = prepared(pictures, setup.size, seen)
        return Model.fit(setup, kept, work=work, copies=copies)
    steps = kind.steps(options_of(kind, setup.options))
    with progress.bar("features of good pictures", total) as seen:
        if not steps:
            return Model.fit(setup, pictures, work=work, seen=seen)
        with progress.bar("choosing the coreset", steps) as advance:
            return Model.fit(setup, pictures, work=work, seen=seen, advance=advance)


def fit_in_folds(
    setup: Setup, split: Split, work: Work, skipped: list[Path], jitter: Jitter | None = None
) -> Fitted:
    """Fits on all pictures, and scores each by a model of the other folds; otherwise as ``fit_apart``."""
    kind = find_kind(setup.model)
    network = network_of(setup)
    fitted: list[Path] = []
    pictures = augmented(_named(_usable(split, skipped), fitted), jitter, setup.size, setup.seed)
    with progress.bar("features of good pictures", len(split.fit) * (1 + copies_of(jitter))) as seen:
        features = joined(outputs_of(network, pictures, setup.size, device=work.device, seen=seen))
    folds = split.folds_of(fitted)
    options = options_of(kind, setup.options)
    found = cross_fit(kind, features, folds, setup.size, options, setup.seed, copies=copies_of(jitter))
    model = Model(setup, network, found.scorer)
    return Fitted(model, fitted, fitted, found.scores, found.peaks, found.scores, folds=max(folds) + 1)


def _usable(split: Split, skipped: list[Path]) -> Iterator[tuple[Path, Picture]]:
    """The pictures to fit on, if enough of both parts can be decoded: found before anything is fitted."""
    usable = readable(list(split.fit), skipped)
    first = list(islice(usable, FEWEST_GOOD))
    if len(first) < FEWEST_GOOD:  # the few others are decoded once more when they are scored
        broken = list(skipped)
        aside = sum(1 for _ in readable(list(split.calibration), broken))
        if len(first) < FEWEST_GOOD // 2 or len(first) + aside < FEWEST_GOOD:
            raise too_few(broken, split.digests)
    if split.calibration and next(readable(list(split.calibration), []), None) is None:
        raise none_aside(split)
    return chain(first, usable)


def _named(pictures: Iterable[tuple[Path, Picture]], names: list[Path]) -> Iterator[Picture]:
    """The pictures alone; where each came from is added to ``names``."""
    for path, pixels in pictures:
        names.append(path)
        yield pixels
