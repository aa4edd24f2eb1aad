"""A threshold from a set's own training pictures against the good pictures of its own test part.

Nobody drew these two at random, so nothing promises that they are alike. Three questions: is the stated rate kept,
are the test pictures unlike those of the training, and do folds of similar pictures help?
"""

from __future__ import annotations

from statistics import median

import numpy as np
from scipy.stats import mannwhitneyu
from sklearn.cluster import AgglomerativeClustering

from benchmarks.calibration_features import Measured, Pictures, Scores
from benchmarks.calibration_rates import out_of_fold_scores
from benchmarks.calibration_results import PublishedCell, PublishedWay
from calibration import conformal
from calibration.cross_conformal import FOLDS
from edge import progress
from edge.inference.calibrate import DEFAULT_RATE
from edge.scorers.gaussian import shorten

SPLITS = 10
ASIDE = 0.2
DUPLICATE = 0.5  # of the median distance to the nearest other picture


def published(model: Measured, name: str, pictures: Pictures) -> PublishedCell:
    """Measures one model on one set.

    Args:
        model: with the features of the set.
        name: of the set.
        pictures: of the set, to tell training from test.
    """
    count = len(pictures.published)
    training, held_out = np.arange(count), np.arange(count, len(pictures.good))
    similar = _groups(model, count)
    random = np.random.default_rng(0).permutation(count) % FOLDS
    with progress.bar(f"{model.model} {name}: published split", SPLITS + 2) as seen:
        ways = [_set_aside(model, training, held_out, seed) for seed in range(SPLITS)]
        seen(SPLITS)
        scorer = model.fit(training, seed=0)
        tested, defective = model.scores(scorer, held_out), model.defective_scores(scorer)
        behind = {}
        for kind, fold_of in (("folds at random", random), ("folds of similar pictures", similar)):
            behind[kind] = out_of_fold_scores(model, training, fold_of, 0)
            seen(1)
    folds = {kind: _way(kind, (_counted(scores, tested, defective),)) for kind, scores in behind.items()}
    return PublishedCell(
        model=model.model,
        set=name,
        training=count,
        held_out=len(held_out),
        farther=_farther(model, count),
        duplicates=_duplicates(model, count),
        ranks_p=float(mannwhitneyu(tested, behind["folds at random"], alternative="greater").pvalue),
        ways=(_way("a fifth set aside", tuple(ways)), *folds.values()),
    )


Counted = tuple[float, float, float]  # (false alarms, missed, chance of as many false alarms)


def _set_aside(model: Measured, training: np.ndarray, held_out: np.ndarray, seed: int) -> Counted:
    order = np.random.default_rng([seed, len(training)]).permutation(training)
    aside = round(ASIDE * len(order))
    scorer = model.fit(order[aside:], seed=seed)
    scores = model.scores(scorer, order[:aside])
    return _counted(scores, model.scores(scorer, held_out), model.defective_scores(scorer))


def _counted(scores: Scores, tested: Scores, defective: Scores) -> Counted:
    threshold = conformal.threshold(scores, DEFAULT_RATE)
    alarms = int((tested > threshold).sum())
    chance = conformal.chance(alarms, len(tested), pictures=len(scores), false_alarm_rate=DEFAULT_RATE)
    return alarms / len(tested), float((defective <= threshold).mean()), chance


def _way(kind: str, counted: tuple[Counted, ...]) -> PublishedWay:
    alarms, missed, chances = zip(*counted, strict=True)
    return PublishedWay(
        way=kind,
        splits=len(counted),
        false_alarms=float(np.mean(alarms)),
        lowest=min(alarms),
        highest=max(alarms),
        chance=median(chances),
        missed=float(np.mean(missed)),
    )


def _flat(model: Measured) -> np.ndarray:
    views = shorten(model.good[0], 0.5)
    return np.asarray(views.reshape(len(views), -1))


def _groups(model: Measured, count: int) -> np.ndarray:
    """Which of as many groups as there are folds each training picture is in; alike ones together (Ward)."""
    return np.asarray(AgglomerativeClustering(FOLDS).fit(_flat(model)[:count]).labels_)


def _farther(model: Measured, count: int) -> float:
    """How much farther test pictures lie from the nearest training picture than a training picture left out does.

    A share: 0 where they are as near. Training pictures are left out a fifth at a time, so that both search among
    nearly as many.
    """
    apart = _apart(_flat(model))
    order = np.random.default_rng(0).permutation(count)
    left_out = [apart[part][:, np.setdiff1d(order, part)].min(axis=1) for part in np.array_split(order, 5)]
    return float(np.median(apart[count:, :count].min(axis=1)) / np.median(np.concatenate(left_out)) - 1)


def _duplicates(model: Measured, count: int) -> int:
    """Training pictures with another one much nearer than is usual."""
    nearest = _apart(_flat(model)[:count]).min(axis=1)
    return int((nearest < DUPLICATE * np.median(nearest)).sum())


def _apart(flat: np.ndarray) -> np.ndarray:
    """Euclidean distances [N, N]; infinite from a picture to itself."""
    squares = np.einsum("nf,nf->n", flat, flat)
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * flat @ flat.T, 0))
    np.fill_diagonal(apart, np.inf)
    return np.asarray(apart)
