from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from edge.errors import DeviceError
from edge.inference.bundle import Bundle, load_bundle
from edge.inference.engine import Engine, Raw
from edge.pictures import Picture, prepare
from tests.edge.inference.conftest import SIZE, WriteToy


def pictures(count: int, *, seed: int = 0) -> list[Picture]:
    """All of different sizes and brightness."""
    rng = np.random.default_rng(seed)
    return [
        rng.integers(0, 40 + 3 * number, (60 + number, 100 + 2 * number, 3), dtype=np.uint8)
        for number in range(count)
    ]


def expected(pixels: Picture) -> np.ndarray:
    """The toy's map, worked out in numpy."""
    return prepare(pixels, SIZE).astype(np.float32).mean(axis=2)


def together(engine: Engine, given: list[Picture]) -> list[Raw]:
    """The results of pictures that several threads run at once, more threads than the engine has requests."""
    with ThreadPoolExecutor(engine.jobs + 2) as lanes:
        return list(lanes.map(engine.infer, given))


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_each_of_many_pictures_in_flight_gets_its_own_result(write_toy: WriteToy, jobs: int) -> None:
    """Requests read a picture's own memory: one freed too early would give the score of another picture."""
    engine = Engine(write_toy(), device="CPU", jobs=jobs)
    given = pictures(60)
    for pixels, raw in zip(given, together(engine, given), strict=True):
        np.testing.assert_allclose(raw.anomaly_map, expected(pixels), atol=1e-3)
        assert raw.score == pytest.approx(expected(pixels).mean(), rel=1e-5)


def test_results_in_flight_are_exactly_those_of_one_picture_at_a_time(tiny_bundle: Path) -> None:
    engine = Engine(load_bundle(tiny_bundle), device="CPU", jobs=4)
    given = pictures(40)
    alone = [engine.infer(pixels) for pixels in given]
    at_once = together(engine, given)
    assert [raw.score for raw in at_once] == [raw.score for raw in alone]
    for one, other in zip(at_once, alone, strict=True):
        assert np.array_equal(one.anomaly_map, other.anomaly_map)
    assert len({raw.score for raw in alone}) == 40


def test_pictures_prepared_before_others_ran_give_their_own_results(write_toy: WriteToy) -> None:
    engine = Engine(write_toy(), device="CPU", jobs=2)
    given = pictures(20)
    waiting = [engine.prepare(pixels) for pixels in given]
    together(engine, pictures(20, seed=1))
    for pixels, prepared in zip(given, waiting, strict=True):
        assert engine.run(prepared).score == pytest.approx(expected(pixels).mean(), rel=1e-5)


def test_a_result_stays_what_it_was_while_the_next_pictures_run(write_toy: WriteToy) -> None:
    engine = Engine(write_toy(), device="CPU", jobs=2)
    first, *others = pictures(12)
    raw = engine.infer(first)
    assert raw.anomaly_map is not None
    before = raw.anomaly_map.copy()
    together(engine, others)
    assert np.array_equal(raw.anomaly_map, before)


def test_a_model_without_a_map_gives_none(write_toy: WriteToy) -> None:
    raw = Engine(write_toy(has_map=False), device="CPU").infer(pictures(1)[0])
    assert raw.anomaly_map is None
    assert raw.score > 0
    assert raw.preprocess_ms >= 0
    assert raw.inference_ms > 0


def test_an_unknown_device_is_refused_with_those_that_are_there(write_toy: WriteToy) -> None:
    with pytest.raises(DeviceError, match="no inference device 'TPU'; this computer has: AUTO CPU"):
        Engine(write_toy(), device="TPU")


def test_a_picture_that_fails_is_an_error_where_it_was_given_and_the_next_one_runs(picky: Bundle) -> None:
    fails, works = np.full((*SIZE, 3), 5, np.uint8), np.full((*SIZE, 3), 2, np.uint8)
    engine = Engine(picky, device="CPU", jobs=1)
    for _ in range(3):  # each failure gives its request back
        with pytest.raises(DeviceError, match="inference failed on CPU"):
            engine.infer(fails)
        assert engine.infer(works).score == 7.0
