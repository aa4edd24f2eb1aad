"""What jittered copies in the fit do: to AUROC and false alarms, on pictures as they are and under changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration_features import SIZE, Measured, Pictures, float_graph, scores_of, views_of
from benchmarks.calibration_rates import CALIBRATED, MOST_FITTED
from benchmarks.calibration_results import AugmentCell, Augmented
from benchmarks.camera_faults import take_reference
from calibration import conformal
from edge import progress
from edge.inference.calibrate import DEFAULT_RATE
from edge.pictures import Picture
from edge.scorers.changes import blurred, lit, moved
from edge.scorers.jitter import Jitter, natural
from edge.scorers.scorer import Scorer
from train.evaluation.image_metrics import auroc

FITS, DIVISIONS = 3, 20
TESTED, DEFECTIVE = 150, 100  # at most, as each is judged under every change
CHANGES: dict[str, Callable[[Picture], Picture]] = {
    "none": lambda pixels: pixels,
    "lamp -10 %": lambda pixels: lit(pixels, 0.9),
    "lamp +10 %": lambda pixels: lit(pixels, 1.1),
    "shift 1 %": lambda pixels: moved(pixels, right_px=0.01 * SIZE[1]),
    "rotation 2 degrees": lambda pixels: moved(pixels, degrees=2.0),
    "blur 0.2 %": lambda pixels: blurred(pixels, 0.002 * SIZE[1]),
}

Batches = list[list[NDArray[np.float32]]]
Shown = dict[str, tuple[Batches, Batches]]


def augment(model: Measured, name: str, pictures: Pictures) -> AugmentCell:
    """Measures one model on one set, without copies and with several kinds of them.

    Copies are of the fitted pictures alone. Thresholds rest on pictures as they are, at the default rate.

    Args:
        model: with the features of the set.
        name: of the set.
        pictures: of the set.
    """
    ranges = natural(take_reference(pictures.published))
    kinds: dict[str, Jitter | None] = {
        "no copies": None,
        "2 copies, as good pictures vary": Jitter(copies=2, **ranges),
        "2 copies, small changes": Jitter(copies=2),
        "5 copies, small changes": Jitter(copies=5),
    }
    found = {kind: {change: [] for change in CHANGES} for kind in kinds}
    with progress.bar(f"{model.model} {name}: copies in the fit", FITS * len(kinds)) as seen:
        for number in range(FITS):
            rng = np.random.default_rng([number, len(pictures.good)])
            order = rng.permutation(len(pictures.good))
            defective = rng.permutation(len(pictures.defective))[:DEFECTIVE]
            shown = _shown(model, pictures, order[_fitted(len(order)) :][:TESTED], defective)
            for kind, jitter in kinds.items():
                scorer = _fit(model, pictures, order, jitter, number)
                _judge(scorer, model, order, shown, found[kind], np.random.default_rng(number))
                seen(1)
    return AugmentCell(
        model=model.model,
        set=name,
        splits=FITS * DIVISIONS,
        natural=ranges,
        rows=tuple(
            Augmented(
                kind=kind,
                change=change,
                image_auroc=float(np.mean([each[0] for each in counted])),
                false_alarms=float(np.mean([each[1] for each in counted])),
                missed=float(np.mean([each[2] for each in counted])),
            )
            for kind, changes in found.items()
            for change, counted in changes.items()
        ),
    )


def _fit(model: Measured, pictures: Pictures, order: np.ndarray, jitter: Jitter | None, seed: int) -> Scorer:
    fitted = order[: _fitted(len(order))]
    if jitter is None:
        return model.fit(fitted, seed=seed)

    def copies() -> Iterator[Picture]:
        for index in fitted:
            rng = np.random.default_rng([seed, index])
            for _ in range(jitter.copies):
                yield jitter.copy_of(pictures.good[index], rng)

    return model.fit(fitted, seed=seed, also=views_of(float_graph(model.model), copies()))


def _fitted(total: int) -> int:
    return min(MOST_FITTED, (total - CALIBRATED) * 3 // 5)


def _shown(model: Measured, pictures: Pictures, good: np.ndarray, defective: np.ndarray) -> Shown:
    """Features of the judged pictures, good and defective, under every change."""
    graph = float_graph(model.model)
    return {
        change: (
            list(views_of(graph, (apply(pictures.good[index]) for index in good))),
            list(views_of(graph, (apply(pictures.defective[index]) for index in defective))),
        )
        for change, apply in CHANGES.items()
    }


def _judge(
    scorer: Scorer,
    model: Measured,
    order: np.ndarray,
    shown: Shown,
    found: dict[str, list[tuple[float, float, float]]],
    rng: np.random.Generator,
) -> None:
    """Adds (AUROC, false alarms, missed) of every change, the thresholds being those of unchanged pictures."""
    behind = model.scores(scorer, order[_fitted(len(order)) :])
    calibrated = [rng.permutation(len(behind))[:CALIBRATED] for _ in range(DIVISIONS)]
    for change, views in shown.items():
        good, bad = (scores_of(scorer, batches) for batches in views)
        area = auroc(np.repeat([0, 1], [len(good), len(bad)]), np.concatenate([good, bad]))
        assert area is not None
        for part in calibrated:
            threshold = conformal.threshold(behind[part], DEFAULT_RATE)
            # A picture that the threshold rests on is no test of it, changed or not.
            unseen = good[np.setdiff1d(np.arange(len(good)), part)]
            found[change].append((area, float((unseen > threshold).mean()), float((bad <= threshold).mean())))
