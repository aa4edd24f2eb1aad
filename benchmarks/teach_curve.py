"""How much a product that is taught with few pictures tells apart.

Features of the pictures are computed once, by the device's own path; those of copies for every fit, since they are
as far off as the drawn pictures differ. Fits and scores are done in numpy, which gives what bundles give, so that
many draws of pictures can be tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import find_set
from benchmarks.teach_accuracy import Accuracy, Run, row
from benchmarks.teach_backbones import OTHERS, make_backbone
from calibration import conformal
from edge import progress
from edge.health.camera_faults.taking import Look, look_at, reference_of
from edge.inference.calibrate import DEFAULT_RATE, reachable_rate
from edge.pictures import Picture, prepare, read_picture
from edge.scorers.features import Features
from edge.scorers.jitter import Jitter
from edge.scorers.moments import Array
from edge.scorers.padim import COPIES, PadimFit, PadimScorer
from edge.teaching.backbone import BackboneBundle
from edge.teaching.sides import sets_threshold

BATCH = 16


@dataclass(frozen=True)
class Looked:
    """Pictures as a session keeps them, with their features.

    Attributes:
        pictures: at the model's size.
        looks: at each at full size.
        coarse: float32 [N, C, h, w], the view that decides.
    """

    pictures: Sequence[Picture]
    looks: Sequence[Look | None]
    coarse: Array

    def some(self, chosen: NDArray[np.intp]) -> Looked:
        """Those of some places, in their order."""
        pictures, looks = ([each[place] for place in chosen] for each in (self.pictures, self.looks))
        return Looked(pictures, looks, self.coarse[chosen])


class Curve:
    """Fits of one backbone.

    Args:
        backbone: that never saw the product.
    """

    def __init__(self, backbone: BackboneBundle) -> None:
        self._size = backbone.card.size
        self._options = backbone.options.for_scores()
        self._extractor = Features(backbone.model, self._size, device="CPU")

    def look(self, pictures: Iterable[Picture]) -> Looked:
        """Features of pictures of any size, as a session would keep them."""
        small, looks = [], []
        for pixels in pictures:
            small.append(prepare(pixels, self._size))
            looks.append(look_at(pixels, partial(prepare, size=self._size)))
        return Looked(small, looks, np.concatenate([views[0] for views in self._extractor.of(small)]))

    def run(self, good: Looked, unseen: Sequence[Array], seed: int) -> Run:
        """Fits, sets the threshold and scores.

        Args:
            good: pictures, in the order of coming.
            unseen: features of good and of anomalous test pictures.
            seed: of the session.
        """
        aside = np.array([sets_threshold(number + 1, seed) for number in range(len(good.pictures))])
        scorer = self._fitted(good.some(np.flatnonzero(~aside)), seed)
        scores = _scores(scorer, good.coarse[aside])
        rate = reachable_rate(DEFAULT_RATE, len(scores))
        threshold = conformal.threshold(scores, rate)
        sound, anomalous = (_scores(scorer, part) for part in unseen)
        return Run(good=sound, anomalous=anomalous, promised=rate, alarms=float((sound > threshold).mean()))

    def _fitted(self, good: Looked, seed: int) -> PadimScorer:
        jitter = Jitter.measured(COPIES, reference_of([look for look in good.looks if look is not None]), {})
        fit = PadimFit(self._size, self._options)
        for views in self._extractor.of(jitter.with_copies(good.pictures, self._size, seed)):
            fit.add(views)
        return fit.scorer()


def learning_curve(names: Sequence[str], counts: Sequence[int], draws: int, work: Path) -> tuple[Accuracy, ...]:
    """Teaching with so many pictures, drawn anew each time, on a backbone that never saw the product."""
    rows = []
    for name in names:
        dataset, curve = find_set(name, work / "sets"), Curve(make_backbone(OTHERS, name, work))
        good = curve.look(_read(dataset.train))
        tested = ([sample.path for sample in dataset.test if sample.label == label] for label in (0, 1))
        unseen = [curve.look(_read(paths)).coarse for paths in tested]
        with progress.bar(f"{name}: learning curve", len(counts) * draws) as seen:
            for count in counts:
                runs = []
                for draw in range(draws):
                    drawn = np.random.default_rng([count, draw]).permutation(len(good.pictures))[:count]
                    runs.append(curve.run(good.some(drawn), unseen, draw))
                    seen(1)
                rows.append(row(name, f"teach, {OTHERS}", count, runs))
    return tuple(rows)


def _read(paths: Sequence[Path]) -> Iterator[Picture]:
    return (read_picture(path) for path in paths)


def _scores(scorer: PadimScorer, coarse: Array) -> np.ndarray:
    return np.concatenate([scorer.score([batch]).scores for batch in _batches(coarse)]).astype(np.float64)


def _batches(views: Array) -> Iterable[Array]:
    return (views[start : start + BATCH] for start in range(0, len(views), BATCH))
