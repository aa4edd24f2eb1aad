from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from edge.errors import DeviceError, ScoresDifferError
from edge.inference.bundle import Bundle
from edge.inference.engine import Engine
from edge.inference.fallback import SteadyEngine
from edge.inference.golden import LEVELS
from edge.pictures import Picture
from tests.edge.inference.accelerators import LosableEngine
from tests.edge.inference.conftest import SIZE, WriteToy

GOLDEN = len(LEVELS)


class Notices(list[tuple[str, str]]):
    def __call__(self, state: str, reason: str) -> None:
        self.append((state, reason))


@pytest.fixture
def told() -> Notices:
    return Notices()


@pytest.fixture
def toy(write_toy: WriteToy) -> Bundle:
    return write_toy()


def pictures(count: int) -> list[Picture]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, 9 + 5 * number, (*SIZE, 3), dtype=np.uint8) for number in range(count)]


def test_a_device_lost_at_run_time_costs_no_frame_and_is_told_once(toy: Bundle, told: Notices) -> None:
    given = pictures(40)
    alone = [Engine(toy, device="CPU").infer(pixels).score for pixels in given]
    engine = SteadyEngine(LosableEngine(toy, fails_at=GOLDEN + 17), changed=told)
    assert (engine.device, engine.jobs, engine.size, engine.bundle) == ("GPU", 4, SIZE, toy)
    assert [engine.infer(pixels).score for pixels in given[:17]] == alone[:17]
    assert (engine.device, told) == ("GPU", [])
    assert [engine.infer(pixels).score for pixels in given[17:]] == alone[17:]
    assert engine.device == "CPU"
    reason = "GPU was lost, the CPU goes on: inference failed on GPU: CL_OUT_OF_RESOURCES"
    assert told == [("degraded", reason)]


def test_threads_that_meet_the_loss_together_wait_for_one_compilation(toy: Bundle, told: Notices) -> None:
    compiled: list[Engine] = []

    def standby() -> Engine:
        time.sleep(0.2)  # long enough for all the others to fail meanwhile
        compiled.append(Engine(toy, device="CPU"))
        return compiled[-1]

    engine = SteadyEngine(LosableEngine(toy, fails_at=GOLDEN), changed=told, standby=standby)
    begin = threading.Barrier(4)
    given = pictures(4)

    def lane(pixels: Picture) -> float:
        begin.wait()
        return engine.infer(pixels).score

    with ThreadPoolExecutor(4) as lanes:
        scores = list(lanes.map(lane, given))
    assert scores == [compiled[0].infer(pixels).score for pixels in given]
    assert (len(compiled), len(told)) == (1, 1)


def test_a_cpu_that_judges_otherwise_gives_no_verdicts(toy: Bundle, told: Notices) -> None:
    engine = SteadyEngine(LosableEngine(toy, fails_at=GOLDEN, factor=1.12), changed=told)
    for _ in range(2):
        with pytest.raises(ScoresDifferError, match="GPU was lost, and scores of CPU and GPU differ by 11 %"):
            engine.infer(pictures(1)[0])
    ((state, reason),) = told
    assert state == "failed"
    assert "differ by 11 %; calibrate with --device CPU" in reason


def test_a_cpu_that_cannot_take_over_is_an_error_and_is_tried_once(toy: Bundle, told: Notices) -> None:
    tries: list[int] = []

    def standby() -> Engine:
        tries.append(1)
        raise DeviceError("no device can run the model")

    engine = SteadyEngine(LosableEngine(toy, fails_at=GOLDEN), changed=told, standby=standby)
    for _ in range(2):
        with pytest.raises(DeviceError, match="GPU was lost and the CPU cannot take over: no device can run"):
            engine.infer(pictures(1)[0])
    assert len(tries) == 1
    assert [state for state, _ in told] == ["failed"]


def test_a_picture_that_fails_on_the_cpu_is_an_error_of_that_picture(picky: Bundle, told: Notices) -> None:
    fails, works = np.full((*SIZE, 3), 5, np.uint8), np.full((*SIZE, 3), 2, np.uint8)
    engine = SteadyEngine(Engine(picky, device="CPU"), changed=told)
    for _ in range(2):
        with pytest.raises(DeviceError, match="inference failed on CPU"):
            engine.infer(fails)
        assert engine.infer(works).score == 7.0
    assert told == []


def test_an_engine_on_the_cpu_runs_no_golden_pictures(picky: Bundle, told: Notices) -> None:
    """They would cost time at the start; and on this graph they would fail."""
    SteadyEngine(Engine(picky, device="CPU"), changed=told)
