from __future__ import annotations

import numpy as np
import pytest
import torch

from edge.errors import UsageError
from edge.scorers.padim import PadimOptions, PadimScorer
from edge.scorers.patchcore import PatchcoreOptions, PatchcoreScorer
from edge.scorers.scorer import grid_of
from export.torch_heads.whole import head_of

SIZE = (75, 100)


def features(count: int, strides: list[int], seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(1, 1, (count, 9, *grid_of(SIZE, stride))).astype(np.float32) for stride in strides]


@pytest.mark.parametrize(
    "options",
    [
        PadimOptions(),
        PadimOptions(rank=3, components=6),
        PadimOptions(rank=0),
        PadimOptions(fine_weight=0, power=1, top_share=0.5),
        PadimOptions(fine_weight=0.8, fine_stride=4, smoothing_px=0),
        PatchcoreOptions(coreset=40),
        PatchcoreOptions(coreset=40, neighbours=4, power=0),
    ],
    ids=str,
)
def test_the_torch_head_gives_the_scores_and_maps_of_the_numpy_scorer(
    options: PadimOptions | PatchcoreOptions,
) -> None:
    strides = [view.stride for view in options.views()]
    kind = PadimScorer if isinstance(options, PadimOptions) else PatchcoreScorer
    scorer = kind.fit([features(30, strides, 0)], SIZE, options)  # type: ignore[arg-type]
    unseen = features(3, strides, 1)
    expected = scorer.score(unseen)
    head = head_of(scorer)
    for number in range(3):
        with torch.inference_mode():
            score, anomaly_map = head(tuple(torch.from_numpy(view[number : number + 1]) for view in unseen))
        assert score.shape == (1,)
        assert anomaly_map.shape == (1, 1, *SIZE)
        assert float(score) == pytest.approx(float(expected.scores[number]), rel=1e-3)
        np.testing.assert_allclose(anomaly_map[0, 0], expected.maps[number], atol=1e-3 * expected.maps.max())


def test_a_scorer_without_a_torch_form_is_refused() -> None:
    with pytest.raises(UsageError, match="object cannot be written as ONNX"):
        head_of(object())  # type: ignore[arg-type]
