from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from scipy.ndimage import gaussian_filter

from edge.inference.devices import compile_model
from train.scorers.error_map import FLOOR, ErrorMap, ErrorMapFit, MappingOptions

SIZE = (24, 32)
RNG = np.random.default_rng(4)
DRAWN = RNG.random((30, 3, *SIZE)).astype(np.float32)
# The left half is drawn badly, and now better now worse; the right half always alike.
NOISE = np.where(np.arange(SIZE[1]) < 16, 0.3 * RNG.random((30, 1, 1, 1)), 0.01).astype(np.float32)
GOOD = DRAWN + NOISE * RNG.standard_normal(DRAWN.shape).astype(np.float32)


def fitted(**options: object) -> ErrorMap:
    fit = ErrorMapFit(SIZE, MappingOptions(**options))
    for some in np.array_split(np.arange(30), 4):
        fit.add(GOOD[some], DRAWN[some])
    return fit.error_map()


def test_errors_as_they_are_are_the_filtered_squares_of_scipy() -> None:
    maps = fitted(standardized=False, smoothing_px=2).draw(GOOD, DRAWN)
    peer = gaussian_filter(np.square(GOOD - DRAWN).mean(axis=1), 2, axes=(1, 2), mode="nearest", truncate=4)
    inside = (slice(None), slice(8, -8), slice(8, -8))
    np.testing.assert_allclose(maps[inside], peer[inside], rtol=2e-3)


def test_standardized_errors_are_counted_in_deviations_at_their_place() -> None:
    plain = fitted(standardized=False).draw(GOOD, DRAWN).astype(np.float64)
    variance = plain.var(axis=0, ddof=1)
    expected = np.abs(plain - plain.mean(axis=0)) / np.sqrt(variance + FLOOR * variance.mean())
    np.testing.assert_allclose(fitted().draw(GOOD, DRAWN), expected, atol=1e-3)


def test_a_small_error_where_all_is_drawn_well_outweighs_a_usual_one() -> None:
    usual, odd = (slice(8, 14), slice(4, 10)), (slice(8, 14), slice(24, 30))
    seen = DRAWN[:1].copy()
    seen[0, :, *usual] += 0.2  # as bad as is usual there
    seen[0, :, *odd] += 0.1  # half of it, where nothing is ever wrong
    (standard,), (plain,) = (fitted(standardized=s, smoothing_px=1).draw(seen, DRAWN[:1]) for s in (True, False))
    assert plain[usual].mean() > 2 * plain[odd].mean()
    assert standard[odd].mean() > 3 * standard[usual].mean()


def test_an_error_that_is_unusually_small_is_unusual() -> None:
    """Nothing is drawn as well as plain ground: where a part is missing, less is wrong than on a good one."""
    steady = np.repeat(DRAWN[:1] + 0.2, 30, axis=0) + 0.01 * RNG.standard_normal(DRAWN.shape).astype(np.float32)
    fit = ErrorMapFit(SIZE, MappingOptions())
    fit.add(steady, np.repeat(DRAWN[:1], 30, axis=0))
    hole = steady[:1].copy()
    hole[0, :, 8:14, 4:10] = DRAWN[0, :, 8:14, 4:10]
    (drawn,) = fit.error_map().draw(hole, DRAWN[:1])
    assert drawn[8:14, 4:10].mean() > 5 * drawn[:, 20:].mean()


@pytest.mark.parametrize("standardized", [True, False])
def test_openvino_and_a_checkpoint_say_the_same(standardized: bool) -> None:
    error = fitted(standardized=standardized)
    again = ErrorMap.restore(error.arrays(), SIZE, MappingOptions(standardized=standardized))
    np.testing.assert_array_equal(again.draw(GOOD, DRAWN), error.draw(GOOD, DRAWN))
    given = [ops.parameter([1, 3, *SIZE], ov.Type.f32) for _ in range(2)]
    graph = ov.Model([error.attach(given[0].output(0), given[1].output(0))], given, "error")
    compiled, _ = compile_model(graph, device="CPU")
    expected = error.draw(GOOD[:1], DRAWN[:1])
    np.testing.assert_allclose(compiled([GOOD[:1], DRAWN[:1]])[0], expected, atol=1e-4 * np.abs(expected).max())
