from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from edge.errors import TrainingError
from edge.inference.engine import Raw
from export.parity import ParityRow, as_table, check, compare


def raws(scores: list[float], maps: list[np.ndarray] | None = None) -> dict[Path, Raw]:
    maps = maps or [np.random.default_rng(number).random((4, 5), np.float32) for number in range(len(scores))]
    return {
        Path(f"{number}.png"): Raw(score, anomaly_map, 0, 0)
        for number, (score, anomaly_map) in enumerate(zip(scores, maps, strict=True))
    }


def row(
    precision: str,
    *,
    auroc: float | None = 0.99,
    maps: float | None = 0.99,
    scores: float = 0.99,
    apart: float = 0.1,
) -> ParityRow:
    return ParityRow(precision, scores, apart, maps, auroc, 3.0)


def test_figures_are_those_of_numpy_and_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    expected, found = rng.gamma(3, size=12), rng.gamma(3, size=12)
    reference, results = raws(expected.tolist()), raws(found.tolist(), [rng.random((4, 5)) for _ in range(12)])
    labels = {Path(f"{number}.png"): int(number % 3 == 0) for number in range(12)}
    compared = compare("int8", results, reference, labels, 2.5)
    assert compared.score_correlation == pytest.approx(np.corrcoef(found, expected)[0, 1])
    assert compared.largest_difference == pytest.approx(np.abs(found - expected).max() / expected.mean())
    assert compared.image_auroc == pytest.approx(roc_auc_score(list(labels.values()), found))
    each = [
        np.corrcoef(results[path].anomaly_map.ravel(), reference[path].anomaly_map.ravel())[0, 1]  # type: ignore[union-attr]
        for path in reference
    ]
    assert compared.map_correlation == pytest.approx(np.mean(each))
    assert (compared.precision, compared.threshold) == ("int8", 2.5)


def test_pictures_are_matched_by_name_not_by_order() -> None:
    reference = raws([1.0, 2.0, 3.0])
    turned = dict(reversed(reference.items()))
    compared = compare("fp32", turned, reference, {}, 0.0)
    assert (compared.score_correlation, compared.largest_difference) == (pytest.approx(1.0), 0.0)
    assert compared.image_auroc is None


@pytest.mark.parametrize("precision", ["int8", "fp16"])
@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ({"auroc": 0.98}, r"image AUROC falls by 0\.0100 \(limit 0\.005\)"),
        ({"maps": 0.90}, r"maps correlate by 0\.900 with the trained model's \(least 0\.95\)"),
        ({"maps": float("nan")}, "maps correlate by nan"),
        ({"auroc": None, "maps": None, "scores": 0.61}, r"scores correlate by 0\.610 .*\(least 0\.7\)"),
        ({"auroc": None, "scores": -0.2}, r"scores correlate by -0\.200"),
        ({"auroc": None, "scores": float("nan"), "apart": float("nan")}, "a score is no number"),
        ({"scores": float("nan")}, "a score is no number"),
    ],
)
def test_a_model_that_lost_what_the_float_one_knew_is_refused(
    precision: str, bad: dict[str, float], complaint: str
) -> None:
    rows = [row("torch"), row("fp32"), row(precision, **bad)]
    with pytest.raises(
        TrainingError, match=f"the {precision.upper()} model is refused: {complaint}.*--allow-drop"
    ):
        check(rows, allow_drop=False)
    check(rows, allow_drop=True)


@pytest.mark.parametrize(
    ("half", "advice"),
    [(0.99, "; --precision fp16 passes; or give more"), (0.1, "; --precision fp32 passes; or give more")],
)
def test_a_refusal_names_the_precision_that_passes(half: float, advice: str) -> None:
    rows = [row("torch"), row("fp32"), row("fp16", maps=half), row("int8", maps=0.1)]
    with pytest.raises(TrainingError, match=advice):
        check(rows, allow_drop=False)
    with pytest.raises(TrainingError, match="; give more varied"):
        check([row("torch"), row("fp32", maps=0.1)], allow_drop=False)


def test_scores_that_are_not_finite_are_an_auroc_of_nothing() -> None:
    labels = {Path("0.png"): 0, Path("1.png"): 1}
    broken = compare("int8", raws([1.0, float("nan")]), raws([1.0, 2.0]), labels, 0.0)
    assert broken.image_auroc == 0.0
    with pytest.raises(TrainingError, match="image AUROC falls by 0.9900"):
        check([row("fp32"), broken], allow_drop=False)


def test_maps_that_became_level_are_refused() -> None:
    level = [np.full((4, 5), 3.0, np.float32)] * 3
    compared = compare("int8", raws([1.0, 2.0, 3.0], level), raws([1.0, 2.0, 3.0]), {}, 0.0)
    assert compared.map_correlation == 0.0
    with pytest.raises(TrainingError, match=r"maps correlate by 0\.000"):
        check([row("fp32", auroc=None), compared], allow_drop=False)


def test_a_map_that_became_level_inside_its_window_is_refused() -> None:
    """Outside of the window both are 0, which must not speak for them."""
    rng = np.random.default_rng(0)
    maps = [np.pad(10 + rng.random((12, 40)), ((14, 14), (0, 0))) for _ in range(3)]
    level = [np.pad(np.full((12, 40), 10.5), ((14, 14), (0, 0)))] * 3
    reference = raws([1.0, 2.0, 3.0], maps)
    assert compare("int8", reference, reference, {}, 0.0).map_correlation == pytest.approx(1.0)
    assert compare("int8", raws([1.0, 2.0, 3.0], level), reference, {}, 0.0).map_correlation == 0.0


def test_maps_that_show_nothing_at_all_are_alike() -> None:
    nothing = raws([1.0, 2.0], [np.zeros((4, 5))] * 2)
    assert compare("int8", nothing, nothing, {}, 0.0).map_correlation == 1.0


@pytest.mark.parametrize(
    ("before", "after", "alike"),
    [
        (5.0, 5.0, 1.0),
        (5.0, 5.001, 1.0),  # rounding on another device
        (5.0, 0.0, 0.0),
        (0.1, 0.7, 0.0),  # neither mean is that of three of its kind to the last bit
        (-3.0, 3.0, 0.0),
    ],
)
def test_a_map_that_collapsed_to_another_level_is_not_the_same(before: float, after: float, alike: float) -> None:
    reference, results = (raws([1.0], [np.full((1, 3), value)]) for value in (before, after))
    assert compare("int8", results, reference, {}, 0.0).map_correlation == alike


def test_a_map_that_varies_is_not_like_one_that_does_not() -> None:
    level, varied = (raws([1.0], [np.array([values])]) for values in ([0.1] * 3, [0.1, 0.2, 0.4]))
    assert compare("int8", varied, level, {}, 0.0).map_correlation == 0.0
    assert compare("int8", level, varied, {}, 0.0).map_correlation == 0.0


def test_without_labels_and_maps_scores_that_forgot_everything_are_refused() -> None:
    reference, broken = raws([1.0, 2.0, 3.0, 4.0]), raws([2.0, 4.0, 1.0, 3.0])
    bare = [{path: Raw(raw.score, None, 0, 0) for path, raw in results.items()} for results in (reference, broken)]
    with pytest.raises(TrainingError, match="scores correlate by"):
        check(
            [compare("fp32", bare[0], bare[0], {}, 0.0), compare("int8", bare[1], bare[0], {}, 0.0)],
            allow_drop=False,
        )


@pytest.mark.parametrize(
    "good",
    [
        {},
        {"auroc": 0.986},
        {"auroc": 1.0, "scores": 0.5},
        {"auroc": None, "maps": None, "scores": 0.88},
        {"auroc": None, "maps": None, "scores": 0.2, "apart": 0.005},
    ],
)
def test_a_model_within_the_limits_passes(good: dict[str, float]) -> None:
    check([row("torch"), row("fp32"), row("fp16"), row("int8", **good)], allow_drop=False)


def test_only_the_precision_that_ships_is_judged() -> None:
    check([row("torch"), row("fp32"), row("fp16", maps=0.1), row("int8")], allow_drop=False)


def test_the_table_has_a_line_for_each_precision() -> None:
    assert as_table([row("torch"), row("fp32", auroc=None, maps=None)]).row_count == 2
