from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from scipy.spatial import distance

from edge.inference.devices import compile_model
from train.scorers.likeness import attach_likeness, likeness

RNG = np.random.default_rng(5)
PICTURES, DRAWN = (RNG.random((4, 3, 6, 5)).astype(np.float32) for _ in range(2))


def test_distance_and_cosine_are_those_of_scipy() -> None:
    found = likeness(PICTURES, DRAWN)
    for (apart, cosine), picture, drawn in zip(found, PICTURES, DRAWN, strict=True):
        left, right = picture.ravel(), drawn.ravel()
        np.testing.assert_allclose(apart, distance.euclidean(left, right) / np.linalg.norm(left), rtol=1e-5)
        np.testing.assert_allclose(cosine, 1 - distance.cosine(left, right), rtol=1e-5)


def test_openvino_says_the_same() -> None:
    given = [ops.parameter([1, 3, 6, 5], ov.Type.f32) for _ in range(2)]
    graph = ov.Model([attach_likeness(given[0].output(0), given[1].output(0))], given, "likeness")
    compiled, _ = compile_model(graph, device="CPU")
    found = [compiled([PICTURES[n : n + 1], DRAWN[n : n + 1]])[0][0] for n in range(4)]
    np.testing.assert_allclose(found, likeness(PICTURES, DRAWN), rtol=1e-5)
