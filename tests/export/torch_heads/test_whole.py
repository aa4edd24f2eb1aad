"""Every scorer's torch form against the scorer itself, in numpy, on tensors drawn at random."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from edge.errors import UsageError
from edge.scorers.padim import PadimOptions, PadimScorer
from edge.scorers.patchcore import PatchcoreOptions, PatchcoreScorer
from edge.scorers.scorer import Scorer, grid_of
from export.torch_heads.whole import WholeModel, head_of
from train.models.dfkde import DfkdeScorer
from train.models.registry import find_kind, options_of
from train.scorers.density import Density
from train.scorers.pyramid import PyramidScorer
from train.scorers.window import Window, WindowedScorer

SIZE = (75, 100)
Tensors = list[np.ndarray]


def features(count: int, strides: list[int], seed: int) -> Tensors:
    rng = np.random.default_rng(seed)
    return [rng.normal(1, 1, (count, 9, *grid_of(SIZE, stride))).astype(np.float32) for stride in strides]


def reconstructed(count: int, vectors: list[int], seed: int) -> Tensors:
    """Picture, a reconstruction not far from it, and vectors of these lengths; what would be memberships is."""
    rng = np.random.default_rng(seed)
    picture = rng.random((count, 3, *SIZE), dtype=np.float32)
    near = np.clip(picture + rng.normal(0, 0.1, picture.shape), 0, 1).astype(np.float32)
    drawn = [rng.random((count, length), dtype=np.float32) + 0.1 for length in vectors]
    return [picture, near, *(each / each.sum(axis=1, keepdims=True) for each in drawn)]


def same(scorer: Scorer, unseen: Tensors) -> None:
    """Within a thousandth of the largest score and of the largest value of a map."""
    expected = scorer.score(unseen)
    head = head_of(scorer, [view[:1].shape for view in unseen])
    for number in range(len(unseen[0])):
        with torch.inference_mode():
            score, *maps = head(tuple(torch.from_numpy(view[number : number + 1]) for view in unseen))
        assert score.shape == (1,)
        bound = 1e-3 * float(np.abs(expected.scores).max())
        assert float(score) == pytest.approx(float(expected.scores[number]), abs=bound)
        assert len(maps) == (expected.maps is not None)
        if expected.maps is not None:
            assert maps[0].shape == (1, 1, *expected.maps.shape[1:])
            bound = 1e-3 * float(np.abs(expected.maps).max())
            np.testing.assert_allclose(maps[0][0, 0], expected.maps[number], atol=bound)


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
def test_scorers_of_feature_maps(options: PadimOptions | PatchcoreOptions) -> None:
    strides = [view.stride for view in options.views()]
    kind = PadimScorer if isinstance(options, PadimOptions) else PatchcoreScorer
    scorer = kind.fit([features(30, strides, 0)], SIZE, options)  # type: ignore[arg-type]
    same(scorer, features(3, strides, 1))


@pytest.mark.parametrize("shape", ["kde", "gaussian"])
def test_densities_of_pooled_features(shape: str) -> None:
    pooled = features(30, [16], 0)[0].mean(axis=(2, 3))
    same(DfkdeScorer(Density.fit(pooled, components=5, shape=shape)), features(3, [16], 1))  # type: ignore[arg-type]


def test_pyramids_of_levels() -> None:
    strides = [4, 8, 16]
    unseen = [*features(3, strides, 0), *features(3, strides, 1)]
    for top_share in (1e-9, 0.1):
        same(PyramidScorer(SIZE, 2.0, top_share), unseen)


@pytest.mark.parametrize(
    ("name", "vectors", "given"),
    [
        ("cae", [], {"top_share": 1}),
        ("cae", [], {"top_share": 0.02, "standardized": False, "smoothing_px": 0}),
        ("lake", [7], {"components": 4}),
        ("lake", [7], {"density": "gaussian", "standardized": False}),
        ("dagmm-conv", [3, 2], {}),
        ("dagmm-residual", [3, 4], {"standardized": False}),
    ],
)
def test_scorers_of_autoencoders(name: str, vectors: list[int], given: dict[str, object]) -> None:
    kind = find_kind(name)
    scorer = kind.fit([reconstructed(20, vectors, 0)], SIZE, options_of(kind, given), 0, lambda steps: None)
    same(scorer, reconstructed(3, vectors, 1))


def test_a_smaller_picture_than_the_map() -> None:
    """As the flat mixture sees it: 64 x 64, drawn at the size of the camera's picture."""
    kind = find_kind("dagmm-flat")
    fit, unseen = (
        [each[..., :32, :40] if each.ndim == 4 else each for each in reconstructed(count, [3, 2], seed)]
        for count, seed in ((20, 0), (3, 1))
    )
    same(kind.fit([fit], SIZE, options_of(kind, {}), 0, lambda steps: None), unseen)


def test_a_window_of_the_picture() -> None:
    options = PadimOptions()
    strides = [view.stride for view in options.views()]
    inner = PadimScorer.fit([features(30, strides, 0)], SIZE, options)
    same(WindowedScorer(inner, Window(16, 32, SIZE, (112, 160))), features(3, strides, 1))


def test_network_and_scorer_are_one_module_that_names_what_it_gives() -> None:
    class Mean(nn.Module):
        def forward(self, pictures: Tensor) -> tuple[Tensor]:
            return (pictures.permute(0, 3, 1, 2).float() / 255,)

    pooled = np.random.default_rng(0).random((12, 3), dtype=np.float32)
    scorer = DfkdeScorer(Density.fit(pooled, components=2, shape="kde"))
    whole = WholeModel(Mean(), scorer, (8, 8)).eval()
    picture = np.random.default_rng(1).integers(0, 256, (1, 8, 8, 3), dtype=np.uint8)
    expected = scorer.score([np.moveaxis(picture, 3, 1).astype(np.float32) / 255])
    assert whole.outputs == ("pred_score",)
    np.testing.assert_allclose(whole(torch.from_numpy(picture))[0], expected.scores, rtol=1e-4)


def test_a_scorer_without_a_torch_form_is_refused() -> None:
    with pytest.raises(UsageError, match="object cannot be written as ONNX"):
        head_of(object(), [])  # type: ignore[arg-type]
