from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from scipy.spatial import distance
from torch import from_numpy

from edge.inference.devices import compile_model
from train.networks.place import place
from train.scorers.likeness import attach_likeness, likeness

RNG = np.random.default_rng(5)
PICTURES, DRAWN = (RNG.random((4, 3, 6, 5)).astype(np.float32) for _ in range(2))


def test_distance_and_cosine_are_those_of_scipy() -> None:
    found = likeness(PICTURES, DRAWN)
    for (apart, cosine), picture, drawn in zip(found, PICTURES, DRAWN, strict=True):
        left, right = picture.ravel(), drawn.ravel()
        np.testing.assert_allclose(apart, distance.euclidean(left, right) / np.linalg.norm(left), rtol=1e-5)
        np.testing.assert_allclose(cosine, 1 - distance.cosine(left, right), rtol=1e-5)


def in_openvino(pictures: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    given = [ops.parameter([1, *pictures.shape[1:]], ov.Type.f32) for _ in range(2)]
    graph = ov.Model([attach_likeness(given[0].output(0), given[1].output(0))], given, "likeness")
    compiled, _ = compile_model(graph, device="CPU")
    return np.stack(
        [compiled([left[None], right[None]])[0][0] for left, right in zip(pictures, drawn, strict=True)]
    )


def test_openvino_says_the_same() -> None:
    np.testing.assert_allclose(in_openvino(PICTURES, DRAWN), likeness(PICTURES, DRAWN), rtol=1e-5)


def test_a_cosine_near_1_is_exact_to_the_last_digit() -> None:
    """Good parts differ by a ten-thousandth; a float32 sum of 200 000 products is off by a tenth of that."""
    picture = RNG.random((2, 3, 256, 256), dtype=np.float32)
    drawn = (picture + RNG.normal(0, 0.01, picture.shape)).astype(np.float32)
    left, right = (each.reshape(2, -1).astype(np.float64) for each in (picture, drawn))
    expected = (left * right).sum(axis=1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
    latent = from_numpy(np.zeros((2, 0), np.float32))
    in_torch = place(from_numpy(picture), from_numpy(drawn), latent)[:, 1].numpy()
    for found in (likeness(picture, drawn)[:, 1], in_openvino(picture, drawn)[:, 1], in_torch):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1.2e-7)
