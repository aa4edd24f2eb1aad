"""How much a product that is taught with few pictures tells apart.

Features are computed once, by the device's own path; fits and scores are done in numpy, which gives what bundles
give, so that many draws of pictures can be tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.datasets import find_set
from benchmarks.teach_accuracy import Accuracy, Run, row
from benchmarks.teach_backbones import OTHERS, make_backbone
from calibration import conformal
from edge import progress
from edge.inference.calibrate import DEFAULT_RATE, reachable_rate
from edge.pictures import read_picture
from edge.scorers.features import Features
from edge.scorers.moments import Array
from edge.scorers.padim import PadimFit, PadimOptions, PadimScorer
from edge.teaching.backbone import BackboneBundle
from edge.teaching.sides import sets_threshold

BATCH = 16


def learning_curve(names: Sequence[str], counts: Sequence[int], draws: int, work: Path) -> tuple[Accuracy, ...]:
    """Teaching with so many pictures, drawn anew each time, on a backbone that never saw the product."""
    rows = []
    for name in names:
        backbone, dataset = make_backbone(OTHERS, name, work), find_set(name, work / "sets")
        good = _features(backbone, dataset.train)
        tested = ([sample.path for sample in dataset.test if sample.label == label] for label in (0, 1))
        unseen = [_features(backbone, paths) for paths in tested]
        with progress.bar(f"{name}: learning curve", len(counts) * draws) as seen:
            for count in counts:
                runs = []
                for draw in range(draws):
                    drawn = np.random.default_rng([count, draw]).permutation(len(good[0]))[:count]
                    runs.append(taught_run([view[drawn] for view in good], unseen, backbone, draw))
                    seen(1)
                rows.append(row(name, f"teach, {OTHERS}", count, runs))
    return tuple(rows)


def _features(backbone: BackboneBundle, paths: Sequence[Path]) -> list[Array]:
    extractor = Features(backbone.model, backbone.card.size, device="CPU")
    with progress.bar("features", len(paths)) as seen:
        batches = list(extractor.of((read_picture(path) for path in paths), seen))
    return [np.concatenate(view) for view in zip(*batches, strict=True)]


def taught_run(
    views: Sequence[Array], unseen: Sequence[Sequence[Array]], backbone: BackboneBundle, seed: int
) -> Run:
    """Fits, sets the threshold and scores.

    Args:
        views: features of the good pictures, float32 [N, C, h, w] for each view.
        unseen: the same of good and of anomalous test pictures.
        backbone: that gave them.
        seed: of the session.
    """
    options = backbone.options.model_copy(update={"fine_weight": 0.0})  # shapes the map and not the score
    aside = np.array([sets_threshold(number + 1, seed) for number in range(len(views[0]))])
    scorer = _fitted(views[0][~aside], backbone, options)
    scores = _scores(scorer, views[0][aside])
    rate = reachable_rate(DEFAULT_RATE, len(scores))
    threshold = conformal.threshold(scores, rate)
    good, anomalous = (_scores(scorer, part[0]) for part in unseen)
    return Run(good=good, anomalous=anomalous, promised=rate, alarms=float((good > threshold).mean()))


def _fitted(coarse: Array, backbone: BackboneBundle, options: PadimOptions) -> PadimScorer:
    fit = PadimFit(backbone.card.size, options)
    for batch in _batches(coarse):
        fit.add([batch])
    return fit.scorer()


def _scores(scorer: PadimScorer, coarse: Array) -> np.ndarray:
    return np.concatenate([scorer.score([batch]).scores for batch in _batches(coarse)]).astype(np.float64)


def _batches(views: Array) -> Iterable[Array]:
    return (views[start : start + BATCH] for start in range(0, len(views), BATCH))
