"""An accelerator ten times as slow as it should be: what is too much is dropped and counted, nothing grows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from benchmarks.line_results import Goal, at_most
from benchmarks.line_setup import Probed, Setup
from benchmarks.tables import Table, number
from edge.benchmark.memory import descendants_of, proportional_mb
from edge.benchmark.spread import Spread, spread_of
from edge.progress import Advance

TIMES = 10.0
CAMERAS, FPS = 2, 120
SETTLE_S = 5.0
STEP_S = 5.0
GROWTH_MB = 20.0
ASKED = 100
TENTHS = 10


class Slowed(BaseModel):
    """One long run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    times: float = Field(description="how many times as long each inference took")
    minutes: float
    cameras: int
    fps: int = Field(description="of each camera")
    captured: int
    judged: int
    dropped: int
    age_ms: Spread = Field(description="of a frame when its verdict was sent")
    memory_mb: tuple[float, ...] = Field(description="PSS, its capture processes included, at even times")

    @property
    def growth_mb(self) -> float:
        """Between the least and the most of the medians of each tenth of the run.

        Frames that are copied on their way come and go by 6 MB each; what counts is whether the level moves.
        """
        tenths = np.array_split(np.array(self.memory_mb), min(TENTHS, len(self.memory_mb)))
        levels = [float(np.median(tenth)) for tenth in tenths]
        return max(levels) - min(levels)

    @property
    def unaccounted(self) -> int:
        """Frames that were captured and neither judged nor counted as dropped."""
        return self.captured - self.judged - self.dropped


def measure(setup: Setup, *, seconds: float, seen: Advance, fps: int = FPS) -> list[Slowed]:
    """Runs a station with more frames than it can judge: ``fps`` of each camera.

    Raises:
        DeviceError: the station ended.
        BusError: its control did not answer.
    """
    memory: list[float] = []
    with setup.station(setup.cameras(CAMERAS, fps=fps), slow=TIMES, bus__heatmaps_of="none") as probed:
        probed.run.first_result()
        _listen(probed, SETTLE_S)
        began_s = time.monotonic()
        while (left_s := seconds - (time.monotonic() - began_s)) > 0:
            _listen(probed, min(STEP_S, left_s))
            memory.append(proportional_mb([probed.run.pid, *descendants_of(probed.run.pid)]))
            seen(1)
        cameras = _counters_at_rest(probed)
    return [
        Slowed(
            times=TIMES,
            minutes=round(seconds / 60, 2),
            cameras=CAMERAS,
            fps=fps,
            captured=sum(int(camera["captured"]) for camera in cameras),
            judged=sum(int(camera["judged"]) for camera in cameras),
            dropped=sum(int(camera["dropped"]) for camera in cameras),
            age_ms=spread_of([sent.age_ms for sent in probed.sent()]),
            memory_mb=tuple(memory),
        )
    ]


def goals(rows: Sequence[Slowed]) -> list[Goal]:
    """Memory and counters."""
    (row,) = rows
    return [
        at_most(f"growth of memory over {row.minutes:g} minutes", row.growth_mb, GROWTH_MB, " MB"),
        at_most("frames neither judged nor counted as dropped", abs(row.unaccounted), 0),
    ]


def table(rows: Sequence[Slowed]) -> Table:
    """The run."""
    lines = [
        (
            f"{row.times:g} times",
            f"{row.cameras} x {row.fps}",
            number(row.minutes, 1),
            str(row.captured),
            str(row.judged),
            str(row.dropped),
            *(number(q, 0) for q in (row.age_ms.p50, row.age_ms.p99)),
            f"{min(row.memory_mb):.0f} to {max(row.memory_mb):.0f}",
        )
        for row in rows
    ]
    columns = (
        "inference takes",
        "cameras x frames per s",
        "minutes",
        "captured",
        "judged",
        "dropped",
        "age p50 ms",
        "age p99 ms",
        "memory MB (PSS)",
    )
    return Table("Inference slowed", columns, lines)


def _listen(probed: Probed, seconds: float) -> None:
    for _ in probed.run.heard(seconds):
        pass


def _counters_at_rest(probed: Probed) -> list[Mapping[str, object]]:
    """Each camera's counters at a moment when no frame of it was on its way."""
    probed.run.ask("pause")
    _listen(probed, 1.0)
    at_rest: dict[str, Mapping[str, object]] = {}
    for _ in range(ASKED):
        cameras = probed.run.ask("status")["status"]["cameras"]
        for name, camera in cameras.items():
            if name not in at_rest or camera["captured"] == camera["judged"] + camera["dropped"]:
                at_rest[name] = camera
        _listen(probed, 0.01)
    return list(at_rest.values())
