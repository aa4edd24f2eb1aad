"""Realized false-alarm rates of every method against the stated ones, over random splits of all good pictures.

All good pictures of a set, from its training and its test part, are pooled. So the parts that a threshold rests on
and those that it is tested on are alike by construction, and what a method promises must be seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from benchmarks.calibration_features import Measured, Scores
from benchmarks.calibration_results import Rate, RatesCell
from calibration import cross_conformal
from calibration.methods import METHODS, set_threshold
from calibration.scores import ScoresError
from edge import progress

RATES = (0.2, 0.1, 0.05, 0.02, 0.01, 0.005)  # the last is beyond what the sample supports: for the tail
FITS, DIVISIONS = 20, 10
CROSSED = 8  # draws for cross-conformal, each of which takes as many fits as there are folds and one more
CALIBRATED = 100  # pictures that a threshold rests on; 99 are the fewest for a rate of 1 %
MOST_FITTED = 200
FEW = 80  # good pictures altogether, where folds take the place of pictures set aside
CROSS = "cross-conformal"
SPLIT_METHODS = tuple(name for name, method in METHODS.items() if not method.labelled and name != CROSS)

Found = defaultdict[tuple[str, float], list[tuple[float, float]]]  # (false alarms, missed), shares


def rates(model: Measured, name: str, *, fits: int = FITS, divisions: int = DIVISIONS) -> RatesCell:
    """Measures one model on one set.

    Each fit is on other pictures, drawn at random. What was not fitted on is divided at random into pictures that
    the threshold rests on and pictures that are tested, ``divisions`` times.

    Args:
        model: with the features of the set.
        name: of the set.
        fits: random choices of pictures to fit on.
        divisions: of the others, for each fit.
    """
    total = len(model.good[0])
    fitted = min(MOST_FITTED, (total - CALIBRATED) * 3 // 5)
    found: Found = defaultdict(list)
    refused: dict[tuple[str, float], str] = {}
    crossed = min(fits, CROSSED)
    with progress.bar(f"{model.model} {name}: random splits", fits + crossed) as seen:
        for number in range(fits):
            rng = np.random.default_rng([number, total])
            order = rng.permutation(total)
            scorer = model.fit(order[:fitted], seed=number)
            rest, defective = model.scores(scorer, order[fitted:]), model.defective_scores(scorer)
            for _ in range(divisions):
                mixed = rng.permutation(rest)
                _judge(SPLIT_METHODS, mixed[:CALIBRATED], mixed[CALIBRATED:], defective, found, refused)
            seen(1)
        for number in range(crossed):
            _judge((CROSS,), *_crossed(model, number), found, refused)
            seen(1)
    return RatesCell(
        model=model.model,
        set=name,
        fitted=fitted,
        calibrated=CALIBRATED,
        tested=total - fitted - CALIBRATED,
        few=FEW,
        few_tested=total - FEW,
        splits=fits * divisions,
        few_splits=crossed,
        rates=tuple(_rates(found, refused)),
    )


def _crossed(model: Measured, number: int) -> tuple[Scores, Scores, Scores]:
    """Out-of-fold scores of few good pictures, and scores of all others by a model fitted on all of the few."""
    total = len(model.good[0])
    order = np.random.default_rng([number, total, FEW]).permutation(total)
    few, others = order[:FEW], order[FEW:]
    out_of_fold = out_of_fold_scores(
        model,
        few,
        np.array(cross_conformal.assign(few.tolist(), folds=cross_conformal.FOLDS, seed=number)),
        number,
    )
    scorer = model.fit(few, seed=number)
    return out_of_fold, model.scores(scorer, others), model.defective_scores(scorer)


def out_of_fold_scores(
    model: Measured, pictures: np.ndarray[tuple[int], np.dtype[np.intp]], fold_of: np.ndarray, seed: int
) -> Scores:
    """Scores of good pictures, each by a model fitted without the picture's fold; float64 [n]."""
    found = np.empty(len(pictures))
    for fold in np.unique(fold_of):
        inside = fold_of == fold
        found[inside] = model.scores(model.fit(pictures[~inside], seed=seed), pictures[inside])
    return found


def _judge(
    methods: tuple[str, ...],
    good: Scores,
    tested: Scores,
    defective: Scores,
    found: Found,
    refused: dict[tuple[str, float], str],
) -> None:
    for method in methods:
        for rate in RATES:
            folds = cross_conformal.FOLDS if method == CROSS else None
            try:
                threshold = set_threshold(good, method=method, rate=rate, folds=folds)
            except ScoresError as error:
                refused[method, rate] = str(error)
                continue
            shares = float(np.mean(tested > threshold.value)), float(np.mean(defective <= threshold.value))
            found[method, rate].append(shares)


def _rates(found: Found, refused: dict[tuple[str, float], str]) -> Iterator[Rate]:
    for method in (*SPLIT_METHODS, CROSS):
        for rate in RATES:
            shares = found[method, rate]
            if not shares:
                yield Rate(method=method, stated=rate, refused=refused[method, rate])
                continue
            alarms, missed = np.array(shares).T
            low, high = np.quantile(alarms, [0.05, 0.95])
            yield Rate(
                method=method,
                stated=rate,
                splits=len(shares),
                mean=float(alarms.mean()),
                refused=refused.get((method, rate), ""),
                standard_error=float(alarms.std(ddof=1) / np.sqrt(len(alarms))) if len(alarms) > 1 else 0.0,
                low=float(low),
                high=float(high),
                missed=float(missed.mean()),
            )
