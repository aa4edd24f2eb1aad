"""One frame at a time through every stage, each of them timed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle

from pydantic import BaseModel, ConfigDict, Field

from edge.benchmark.spread import Spread, spread_of
from edge.frame import Frame
from edge.health.camera_faults.watch import FaultWatch
from edge.inference.engine import Engine
from edge.inference.judge import Judge
from edge.messaging.publisher import Publisher

WARM_UP = 20
LEAST_FRAMES = 20


class Stages(BaseModel):
    """Milliseconds of each stage, one frame at a time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frames: int
    preprocess: Spread = Field(description="to the model's size")
    camera_check: Spread = Field(description="looking for a fault of the camera")
    inference: Spread
    postprocess: Spread = Field(description="verdict, peak and regions")
    publish: Spread = Field(description="until the result is on its way to a reader in another process")
    total: Spread = Field(description="from the frame in memory to the result on its way")


@dataclass(frozen=True)
class Line:
    """What a frame passes, as in the daemon.

    Attributes:
        engine: compiled.
        judge: with limits.
        faults: looks at each picture; what it says does not keep a picture from the model here.
        publisher: with a reader.
    """

    engine: Engine
    judge: Judge
    faults: FaultWatch
    publisher: Publisher


def time_stages(line: Line, shown: Sequence[Frame], seconds: float) -> Stages:
    """Times frames one after the other.

    Args:
        line: what they pass.
        shown: frames in memory, in turn.
        seconds: how long, after a warm-up; at least 20 frames in any case.

    Raises:
        DeviceError: a picture failed on the device.
        BusError, StoreError: the publisher ended.
    """
    times: list[tuple[float, ...]] = []
    began_s = float("inf")
    for seq, frame in enumerate(cycle(shown)):
        if seq == WARM_UP:
            began_s = time.monotonic()
        if time.monotonic() - began_s >= seconds and len(times) >= LEAST_FRAMES:
            break
        spent = _pass(line, replace(frame, seq=seq))
        if seq >= WARM_UP:
            times.append(spent)
    preprocess, check, inference, postprocess, publish, total = (
        spread_of(each) for each in zip(*times, strict=True)
    )
    return Stages(
        frames=len(times),
        preprocess=preprocess,
        camera_check=check,
        inference=inference,
        postprocess=postprocess,
        publish=publish,
        total=total,
    )


def _pass(line: Line, frame: Frame) -> tuple[float, ...]:
    """Milliseconds of preprocess, camera check, inference, postprocess, publish, and all together."""
    marks = [time.perf_counter()]
    prepared = line.engine.prepare(frame.pixels)
    marks.append(time.perf_counter())
    line.faults.look(frame.pixels, prepared.picture, frame.captured_ns)
    marks.append(time.perf_counter())
    raw = line.engine.run(prepared)
    marks.append(time.perf_counter())
    inspection = line.judge.inspect(frame, raw, device=line.engine.device, waited_ms=0.0)
    marks.append(time.perf_counter())
    line.publisher.publish(inspection)
    marks.append(time.perf_counter())
    stages = [(after - before) * 1e3 for before, after in zip(marks, marks[1:], strict=False)]
    return (*stages, (marks[-1] - marks[0]) * 1e3)
