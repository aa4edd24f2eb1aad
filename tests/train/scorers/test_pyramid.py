from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from scipy.ndimage import zoom
from torch import Tensor, from_numpy, nn

from edge.inference.devices import compile_model
from train.models.stfpm import matching
from train.scorers.pyramid import PyramidScorer

RNG = np.random.default_rng(1)
GRIDS = ((3, 8, 8), (5, 4, 4))
TEACHER, STUDENT = ([RNG.normal(size=(2, *grid)).astype(np.float32) for grid in GRIDS] for _ in range(2))


def unit(level: np.ndarray) -> np.ndarray:
    return level / np.linalg.norm(level, axis=1, keepdims=True)


class Given(nn.Module):
    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        return tuple(from_numpy(level) for level in (*TEACHER, *STUDENT))


def test_the_lesson_is_one_less_the_cosine_summed_over_the_levels() -> None:
    """Half the squared distance of vectors of unit length."""
    cosines = [(unit(t) * unit(s)).sum(axis=1).mean() for t, s in zip(TEACHER, STUDENT, strict=True)]
    loss = matching(Given(), from_numpy(np.zeros(1)), RNG)
    assert float(loss) == pytest.approx(sum(1 - cosine for cosine in cosines), rel=1e-5)


def test_the_map_is_the_product_of_the_levels_and_the_score_its_largest_value() -> None:
    scored = PyramidScorer((8, 8), 0.0, 1e-5).score([*TEACHER, *STUDENT])
    fine, coarse = (1 - (unit(t) * unit(s)).sum(axis=1) for t, s in zip(TEACHER, STUDENT, strict=True))
    raised = zoom(coarse, (1, 2, 2), order=1, mode="nearest", grid_mode=True)
    assert scored.maps is not None
    np.testing.assert_allclose(scored.maps, fine * raised, rtol=1e-3)
    np.testing.assert_allclose(scored.scores, (fine * raised).max(axis=(1, 2)), rtol=1e-3)


def test_openvino_says_the_same() -> None:
    scorer = PyramidScorer((16, 16), 2.0, 0.02)
    given = [ops.parameter([1, *grid], ov.Type.f32) for grid in (*GRIDS, *GRIDS)]
    head = scorer.attach([each.output(0) for each in given])
    compiled, _ = compile_model(ov.Model([head.score, head.map], given, "pyramid"), device="CPU")
    expected = scorer.score([*TEACHER, *STUDENT])
    for number in range(2):
        found = compiled([level[number : number + 1] for level in (*TEACHER, *STUDENT)])
        assert expected.maps is not None
        np.testing.assert_allclose(found[0], expected.scores[number : number + 1], rtol=1e-4)
        np.testing.assert_allclose(found[1][0, 0], expected.maps[number], rtol=1e-3, atol=1e-6)
