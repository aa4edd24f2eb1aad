from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from numpy.typing import NDArray
from openvino import opset13 as ops

from edge.inference.devices import compile_model
from edge.scorers.head import attach_head
from edge.scorers.scorer import Scored, Scorer, grid_of

Array = NDArray[np.float32]
MakeFeatures = Callable[..., list[Array]]
RunHead = Callable[..., Scored]


@pytest.fixture
def make_features() -> MakeFeatures:
    """Correlated features with a mean per position, as pictures of one product give them: one view per stride."""

    def make(
        count: int, size: tuple[int, int], strides: Sequence[int], channels: int = 10, *, seed: int = 0
    ) -> list[Array]:
        place = np.random.default_rng([channels, *size])  # the product: the same whatever the seed
        chance = np.random.default_rng(seed)
        views = []
        for stride in strides:
            grid = grid_of(size, stride)
            mean = place.normal(0, 2, (channels, *grid))
            mixing = place.normal(0, 1, (channels, channels))
            noise = np.einsum("dc,nchw->ndhw", mixing, chance.normal(0, 1, (count, channels, *grid)))
            views.append((mean + noise).astype(np.float32))
        return views

    return make


@pytest.fixture
def run_head(tmp_path: Path) -> RunHead:
    """Scores features one by one with the OpenVINO graph that a scorer attaches; ``half``: as bundles store it."""

    def run(scorer: Scorer, views: Sequence[Array], *, half: bool = False) -> Scored:
        inputs = [ops.parameter([1, *view.shape[1:]], ov.Type.f32) for view in views]
        results = [ops.result(node) for node in inputs]
        graph = attach_head(ov.Model(results, inputs, "features"), scorer)
        if half:
            ov.save_model(graph, tmp_path / "half.xml", compress_to_fp16=True)
            graph = ov.Core().read_model(tmp_path / "half.xml")
        compiled, _ = compile_model(graph, device="CPU")
        scores, maps = [], []
        for number in range(len(views[0])):
            answer = compiled([view[number : number + 1] for view in views])
            assert answer["pred_score"].shape == (1,)
            assert answer["anomaly_map"].shape[:2] == (1, 1)
            scores.append(answer["pred_score"][0])
            maps.append(answer["anomaly_map"][0, 0].copy())
        return Scored(np.array(scores), np.stack(maps))

    return run
