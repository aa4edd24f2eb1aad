from __future__ import annotations

import numpy as np
import torch

from edge.scorers.padim import PadimOptions, PadimScorer
from export.torch_heads.whole import head_of
from train.scorers.window import Window, WindowedScorer


def test_the_torch_head_places_the_map_as_the_numpy_scorer_does() -> None:
    rng = np.random.default_rng(0)
    views = [rng.normal(1, 1, (20, 9, *grid)).astype(np.float32) for grid in ((4, 5), (8, 10))]
    inner = PadimScorer.fit([views], (64, 80), PadimOptions(rank=3))
    scorer = WindowedScorer(inner, Window(top=16, left=32, size=(64, 80), picture=(96, 128)))
    one = [view[:1] + 1 for view in views]
    expected = scorer.score(one)
    assert expected.maps is not None
    with torch.inference_mode():
        head = head_of(scorer, [view.shape for view in one])
        score, anomaly_map = head(tuple(torch.from_numpy(view) for view in one))
    np.testing.assert_allclose(score, expected.scores, rtol=1e-3)
    np.testing.assert_allclose(anomaly_map[:, 0], expected.maps, atol=1e-3 * expected.maps.max())
