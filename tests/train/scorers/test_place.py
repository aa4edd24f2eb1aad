from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from torch import from_numpy

from edge.inference.devices import compile_model
from export.torch_heads.density import PlaceHead
from train.networks.place import place as torch_place
from train.scorers.likeness import likeness
from train.scorers.place import Scale, place

RNG = np.random.default_rng(3)
PICTURE = RNG.random((20, 3, 64, 64), dtype=np.float32)
RECONSTRUCTION = (PICTURE + RNG.normal(0, 0.01, PICTURE.shape)).astype(np.float32)
LATENT = (RNG.normal(0, 1, (20, 2)) * [0.1, 40]).astype(np.float32)
GOOD = [PICTURE, RECONSTRUCTION, LATENT]


@pytest.fixture(scope="module")
def scale() -> Scale:
    return Scale.fit(place(GOOD))


def test_a_place_is_the_latent_and_the_likeness() -> None:
    np.testing.assert_array_equal(place([*GOOD, LATENT])[:, :2], LATENT)
    np.testing.assert_array_equal(place(GOOD)[:, 2:], likeness(PICTURE, RECONSTRUCTION))
    np.testing.assert_allclose(
        torch_place(*(from_numpy(each) for each in GOOD)), place(GOOD), atol=1e-7, rtol=1e-5
    )


def test_every_number_varies_by_one_over_good_parts(scale: Scale) -> None:
    np.testing.assert_allclose(scale.place(GOOD).std(axis=0, dtype=np.float64), 1, rtol=1e-3)


def test_a_number_that_never_varies_stays_a_number() -> None:
    still = Scale.fit(np.ones((5, 3), np.float32))
    assert np.isfinite(still.place([PICTURE, PICTURE, np.zeros((20, 1), np.float32)])).all()


def test_openvino_and_torch_say_the_same_in_deviations(scale: Scale) -> None:
    """Within a fiftieth of one: of good parts so alike the rounding of a cosine is not far below."""
    shapes = [[1, *each.shape[1:]] for each in GOOD]
    given = [ops.parameter(shape, ov.Type.f32) for shape in shapes]
    graph = ov.Model([scale.attach([each.output(0) for each in given])], given, "place")
    compiled, _ = compile_model(graph, device="CPU")
    head = PlaceHead(Scale.from_arrays(scale.arrays()))
    for number, expected in enumerate(scale.place(GOOD)):
        part = [each[number : number + 1] for each in GOOD]
        np.testing.assert_allclose(compiled(part)[0][0], expected, atol=0.02, rtol=1e-6)
        np.testing.assert_allclose(head(*(from_numpy(each) for each in part))[0], expected, atol=0.02, rtol=1e-6)
