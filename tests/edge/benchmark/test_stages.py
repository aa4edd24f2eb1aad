"""Each stage is timed where it is, and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.benchmark.listener import listening
from edge.benchmark.shown import drawn
from edge.benchmark.stages import LEAST_FRAMES, Line, time_stages
from edge.frame import Frame
from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.watch import FaultWatch
from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine, Prepared, Raw
from edge.inference.judge import Judge, limits_of
from edge.inference.override import calibration_of
from edge.messaging.outbox import Outbox
from edge.messaging.publisher import Publisher
from edge.pictures import Picture
from edge.verdict import ModelId

ANY_PORT = "tcp://127.0.0.1:*"
SHOWN = [Frame("top", seq, pixels, 0) for seq, pixels in enumerate(drawn(2, (120, 160)))]
SLOW_S = 0.02


class SlowEngine(Engine):
    """An accelerator that takes 20 ms."""

    def run(self, prepared: Prepared) -> Raw:
        time.sleep(SLOW_S)
        return super().run(prepared)


class SlowWatch(FaultWatch):
    def look(self, pixels: Picture, prepared: Picture, captured_ns: int) -> str:
        time.sleep(SLOW_S)
        return "black picture"  # what it finds keeps no picture from the model here


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    outbox = Outbox(tmp_path)
    with Publisher(station="line", outbox=outbox, events=ANY_PORT, heatmaps=ANY_PORT) as running:
        yield running
    outbox.close()


def line(bundle_path: Path, publisher: Publisher, engine: type[Engine], watch: type[FaultWatch]) -> Line:
    bundle = load_bundle(bundle_path)
    judge = Judge(limits_of(calibration_of(bundle), masked=False, threshold=1e9), ModelId("plate", "1", "ab" * 32))
    return Line(engine(bundle, device="CPU"), judge, watch(FaultOptions(), None, live=False), publisher)


@pytest.mark.parametrize(
    ("engine", "watch", "slow"), [(SlowEngine, FaultWatch, "inference"), (Engine, SlowWatch, "camera_check")]
)
def test_the_stage_that_takes_long_is_the_one_that_is_said_to(
    engine: type[Engine], watch: type[FaultWatch], slow: str, tiny_bundle: Path, publisher: Publisher
) -> None:
    with listening(publisher):
        stages = time_stages(line(tiny_bundle, publisher, engine, watch), SHOWN, 0.1)

    medians = {stage: getattr(stages, stage).p50 for stage in type(stages).model_fields if stage != "frames"}
    total = medians.pop("total")
    assert medians.pop(slow) >= SLOW_S * 1e3
    assert max(medians.values()) < SLOW_S * 1e3
    assert total >= SLOW_S * 1e3
    assert stages.frames >= LEAST_FRAMES


def test_a_reader_in_another_process_listens_and_leaves(publisher: Publisher) -> None:
    with listening(publisher):
        publisher.wait_for_subscribers(1, 0.1)
    publisher.health("camera", "ok")  # the publisher lives on
    assert publisher.alive
