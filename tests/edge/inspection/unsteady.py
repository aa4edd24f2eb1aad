"""An accelerator that keeps no order, in a gauge that is real otherwise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from edge.area import AreaPlan
from edge.errors import DeviceError
from edge.frame import Frame
from edge.health.camera_faults.figures import Figures
from edge.health.camera_faults.options import FaultOptions
from edge.health.camera_faults.watch import FaultWatch
from edge.health.drift.figures import GoodScores
from edge.health.drift.options import DriftOptions
from edge.health.drift.watch import DriftWatch
from edge.inference.engine import Prepared, Raw
from edge.inference.judge import Judge, Limits
from edge.inspection.gauge import Gauge
from edge.pictures import Picture
from edge.verdict import ModelId

SECOND = 10**9
GREY = 100


def frames_of(greys: Sequence[int], *, camera: str = "top") -> list[Frame]:
    """Even pictures uint8 [4, 4, 3], one each second."""
    return [Frame(camera, seq, np.full((4, 4, 3), grey, np.uint8), seq * SECOND) for seq, grey in enumerate(greys)]


class Accelerator:
    """Stands for the engine at its seam: begins with each frame when it is told to, and fails on some.

    Args:
        frames: that will come; it knows a frame by its memory.
        hold: called with the number of a frame; returns when it may be looked at.
        fails: numbers of frames on which the device fails.

    Attributes:
        begun: the numbers of the frames in the order in which they were looked at.
    """

    device = "CPU"
    size = (4, 4)

    def __init__(
        self,
        frames: Sequence[Frame],
        hold: Callable[[int, Accelerator], None] = lambda seq, accelerator: None,
        fails: Collection[int] = (),
    ) -> None:
        self.begun: list[int] = []
        self._seq_of = {id(frame.pixels): frame.seq for frame in frames}
        self._hold = hold
        self._fails = fails

    def prepare(self, pixels: Picture) -> Prepared:
        seq = self._seq_of[id(pixels)]
        self._hold(seq, self)
        self.begun.append(seq)
        return Prepared(pixels, 0.0, (4, 4))

    def run(self, prepared: Prepared) -> Raw:
        if (seq := self._seq_of[id(prepared.picture)]) in self._fails:
            raise DeviceError(f"frame {seq} failed")
        return Raw(1.0, None, 0.0, 0.0)


class Telling(DriftWatch):
    """A watch that has news of some frames.

    Args:
        news: by the number of the frame.
    """

    def __init__(self, news: Mapping[int, str]) -> None:
        super().__init__(DriftOptions(), GoodScores(), None, each_part=True)
        self._news = news
        self.took: list[int] = []

    def take(self, score: float, figures: Figures, captured_ns: int) -> str | None:
        self.took.append(captured_ns // SECOND)
        return self._news.get(self.took[-1])


def gauge(accelerator: Accelerator, drift: DriftWatch | None = None, *, model: str = "bottle") -> Gauge:
    """Of a live camera; parts are anomalous above 0, and all score 1."""
    engine: Any = accelerator
    judge = Judge(Limits(0.0, None, ()), ModelId(model, "1", "ab" * 32))
    return Gauge(engine, judge, AreaPlan(), FaultWatch(FaultOptions(), None, live=True), drift or Telling({}))
