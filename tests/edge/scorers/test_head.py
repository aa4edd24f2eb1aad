"""The numpy scorers and their OpenVINO heads must be the same thing, for every option and size."""

from __future__ import annotations

import numpy as np
import pytest

from edge.scorers.padim import PadimOptions, PadimScorer
from edge.scorers.patchcore import PatchcoreOptions, PatchcoreScorer
from edge.scorers.scorer import Scorer
from tests.edge.scorers.conftest import MakeFeatures, RunHead

SIZES = [(64, 64), (96, 160), (100, 75), (50, 129)]
PADIM = [
    {},
    {"fine_weight": 0, "components": 0},
    {"rank": 3},
    {"rank": 0},
    {"components": 4, "rank": 2, "top_share": 0.5, "power": 0},
    {"fine_weight": 0.9, "fine_stride": 4, "power": 1, "smoothing_px": 0},
    {"stride": 32, "fine_stride": 32, "smoothing_px": 30},
]
PATCHCORE = [
    {},
    {"neighbours": 3},
    {"neighbours": 50, "power": 1, "top_share": 0.4},
    {"power": 0, "smoothing_px": 0, "stride": 8, "coreset": 16},
]


def make_scorer(model: str, options: dict[str, object], size: tuple[int, int], make: MakeFeatures) -> Scorer:
    if model == "padim":
        padim = PadimOptions.model_validate({"components": 8} | options)
        return PadimScorer.fit([make(30, size, [view.stride for view in padim.views()])], size, padim)
    patchcore = PatchcoreOptions.model_validate({"coreset": 60} | options)
    return PatchcoreScorer.fit([make(30, size, [patchcore.stride])], size, patchcore)


def strides(scorer: PadimScorer | PatchcoreScorer) -> list[int]:
    return [view.stride for view in scorer.options.views()]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    ("model", "options"),
    [*(("padim", given) for given in PADIM), *(("patchcore", given) for given in PATCHCORE)],
    ids=str,
)
def test_numpy_and_openvino_give_the_same_scores_and_maps(
    model: str,
    options: dict[str, object],
    size: tuple[int, int],
    make_features: MakeFeatures,
    run_head: RunHead,
) -> None:
    scorer = make_scorer(model, options, size, make_features)
    unseen = make_features(3, size, strides(scorer), seed=5)
    ours, theirs = scorer.score(unseen), run_head(scorer, unseen)
    assert ours.maps.shape == (3, *size)
    np.testing.assert_allclose(theirs.scores, ours.scores, rtol=2e-4)
    np.testing.assert_allclose(theirs.maps, ours.maps, atol=2e-4 * ours.maps.max())
    assert np.ptp(ours.scores) > 1e-3 * ours.scores.mean()  # different pictures, different scores


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf], ids=str)
@pytest.mark.parametrize("model", ["padim", "patchcore"])
@pytest.mark.parametrize("place", [(0, 0), (2, 3), (3, 3)], ids=str)
def test_a_feature_that_is_no_number_is_seen_in_the_map_of_both(
    model: str, broken: float, place: tuple[int, int], make_features: MakeFeatures, run_head: RunHead
) -> None:
    """The daemon calls a part unknown where score or map is not finite; such a part must never look good."""
    size = (64, 64)
    scorer = make_scorer(model, {}, size, make_features)
    for view in range(len(strides(scorer))):
        unseen = make_features(1, size, strides(scorer), seed=5)
        unseen[view][0, 3, *place] = broken
        with np.errstate(invalid="ignore", over="ignore"):
            assert not np.isfinite(scorer.score(unseen).maps).all()
        assert not np.isfinite(run_head(scorer, unseen).maps).all()


@pytest.mark.parametrize("model", ["padim", "patchcore"])
def test_constants_stored_in_half_precision_keep_scores_of_steady_features(
    model: str, make_features: MakeFeatures, run_head: RunHead
) -> None:
    """Parts in a rigid fixture hardly differ: variances of 1e-4 and inverse ones of 1e6, beyond float16."""
    size = (64, 64)
    options = PadimOptions(components=8) if model == "padim" else PatchcoreOptions(coreset=60)
    kind = PadimScorer if model == "padim" else PatchcoreScorer
    steady = [view * np.float32(3e-3) for view in make_features(30, size, [v.stride for v in options.views()])]
    scorer = kind.fit([steady], size, options)  # type: ignore[arg-type]
    unseen = [view * np.float32(3e-3) for view in make_features(3, size, strides(scorer), seed=5)]
    ours = scorer.score(unseen)

    halved = run_head(scorer, unseen, half=True)
    np.testing.assert_allclose(halved.scores, ours.scores, rtol=2e-2)
    np.testing.assert_allclose(halved.maps, ours.maps, atol=2e-2 * ours.maps.max())
