from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from edge.errors import DeviceError
from edge.inference.bundle import Bundle, load_bundle, write_bundle
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


def submitted(engine: Engine, given: list[Picture]) -> list[Raw]:
    results: list[Raw | None] = [None] * len(given)
    for number, pixels in enumerate(given):
        engine.submit(pixels, lambda raw, number=number: results.__setitem__(number, raw))
    engine.wait()
    assert all(raw is not None for raw in results)
    return results  # type: ignore[return-value]


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_each_of_many_pictures_in_flight_gets_its_own_result(write_toy: WriteToy, jobs: int) -> None:
    """Requests read a picture's own memory: one freed too early would give the score of another picture."""
    engine = Engine(write_toy(), device="CPU", jobs=jobs)
    given = pictures(60)
    for pixels, raw in zip(given, submitted(engine, given), strict=True):
        np.testing.assert_allclose(raw.anomaly_map, expected(pixels), atol=1e-3)
        assert raw.score == pytest.approx(expected(pixels).mean(), rel=1e-5)


def test_results_in_flight_are_exactly_those_of_one_picture_at_a_time(tiny_bundle: Path) -> None:
    engine = Engine(load_bundle(tiny_bundle), device="CPU", jobs=4)
    given = pictures(40)
    alone = [engine.infer(pixels) for pixels in given]
    together = submitted(engine, given)
    assert [raw.score for raw in together] == [raw.score for raw in alone]
    for one, other in zip(together, alone, strict=True):
        assert np.array_equal(one.anomaly_map, other.anomaly_map)
    assert len({raw.score for raw in alone}) == 40


def test_several_threads_may_submit(write_toy: WriteToy) -> None:
    engine = Engine(write_toy(), device="CPU", jobs=3)
    found: list[dict[int, Raw]] = [{} for _ in range(4)]
    begin = threading.Barrier(4)

    def camera(number: int) -> None:
        begin.wait()
        for index, pixels in enumerate(pictures(40, seed=number)):
            engine.submit(pixels, lambda raw, index=index: found[number].__setitem__(index, raw))

    threads = [threading.Thread(target=camera, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    engine.wait()
    for number, results in enumerate(found):
        assert len(results) == 40
        for index, pixels in enumerate(pictures(40, seed=number)):
            assert results[index].score == pytest.approx(expected(pixels).mean(), rel=1e-5)


def test_a_result_stays_what_it_was_while_the_next_pictures_run(write_toy: WriteToy) -> None:
    engine = Engine(write_toy(), device="CPU", jobs=2)
    first, *others = pictures(12)
    raw = submitted(engine, [first])[0]
    assert raw.anomaly_map is not None
    before = raw.anomaly_map.copy()
    submitted(engine, others)
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


@pytest.fixture
def picky(write_toy: WriteToy) -> Bundle:
    """A graph that fails while it runs unless the first byte of the picture is 2."""
    card = write_toy(has_map=False).card.model_copy(update={"name": "picky"})
    picture = ops.parameter([1, *SIZE, 3], ov.Type.u8)
    flat = ops.reshape(picture, ops.constant(np.array([-1])), False)
    first = ops.convert(ops.gather(flat, ops.constant(np.array([0])), ops.constant(np.int64(0))), "i64")
    two = ops.broadcast(ops.constant(np.float32([7.0, 7.0])), first)
    score = ops.reduce_mean(two, ops.constant(np.array([0])), True).output(0)
    score.get_tensor().set_names({"pred_score"})
    path = write_toy().path.with_name("picky.xml")
    return write_bundle(ov.Model([score], [picture], "picky"), card, path, compress_to_fp16=False)


def test_a_picture_that_fails_on_the_device_is_one_error_in_every_way_to_run_it(picky: Bundle) -> None:
    fails, works = np.full((*SIZE, 3), 5, np.uint8), np.full((*SIZE, 3), 2, np.uint8)
    assert Engine(picky, device="CPU").infer(works).score == 7.0
    with pytest.raises(DeviceError, match="inference failed on CPU"):
        Engine(picky, device="CPU").infer(fails)
    engine = Engine(picky, device="CPU")
    engine.submit(fails, lambda raw: None)
    with pytest.raises(DeviceError, match="inference failed on CPU"):
        engine.wait()
    engine = Engine(picky, device="CPU", jobs=1)
    engine.submit(fails, lambda raw: None)
    with pytest.raises(DeviceError, match="inference failed on CPU"):
        for _ in range(3):
            engine.submit(works, lambda raw: None)
