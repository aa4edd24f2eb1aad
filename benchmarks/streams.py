"""Many cameras on one small computer: how often each is judged, and how old its frames are then."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.line_results import Goal, at_least, at_most
from benchmarks.line_setup import Sent, Setup
from benchmarks.tables import Table, number
from edge.benchmark.rates import verdicts
from edge.benchmark.spread import Spread, spread_of
from edge.progress import Advance

CAMERAS, FPS = 8, 15
EACH_FPS, AGE_MS, SPREAD_PERCENT = 10.0, 150.0, 10.0
WARM_UP_S = 2.0


class Streams(BaseModel):
    """One round with all cameras."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cameras: int
    fps: int = Field(description="of each camera")
    judged_fps: tuple[float, ...] = Field(description="verdicts per second of each camera")
    age_ms: Spread = Field(description="of a frame when its verdict is sent, all cameras together")
    worst_age_p99_ms: float = Field(description="of the camera with the oldest")

    @property
    def spread_percent(self) -> float:
        """Between the camera judged most often and the one judged least, of the former."""
        return 100 * (1 - min(self.judged_fps) / max(self.judged_fps))


def measure(setup: Setup, *, seconds: float, rounds: int, seen: Advance) -> list[Streams]:
    """Runs all cameras for each round.

    Raises:
        DeviceError: the station ended.
    """
    rows = []
    for _ in range(rounds):
        rows.append(_round(setup, seconds))
        seen(1)
    return rows


def goals(rows: Sequence[Streams]) -> list[Goal]:
    """Medians of the rounds."""
    return [
        at_least("verdicts per second of the slowest camera", median(min(r.judged_fps) for r in rows), EACH_FPS),
        at_most("age of a frame at its verdict, p99", median(r.age_ms.p99 for r in rows), AGE_MS, " ms"),
        at_most("spread between cameras", median(r.spread_percent for r in rows), SPREAD_PERCENT, " %"),
    ]


def table(rows: Sequence[Streams]) -> Table:
    """One line for each round."""
    lines = [
        (
            f"{row.cameras} x {row.fps}",
            number(min(row.judged_fps), 2),
            number(max(row.judged_fps), 2),
            number(row.spread_percent, 1),
            *(number(q, 1) for q in (row.age_ms.p50, row.age_ms.p90, row.age_ms.p99, row.worst_age_p99_ms)),
        )
        for row in rows
    ]
    columns = (
        "cameras x frames per s",
        "slowest",
        "fastest",
        "spread %",
        "age p50 ms",
        "age p90 ms",
        "age p99 ms",
        "worst camera p99 ms",
    )
    return Table("Eight cameras of 1080p: verdicts per second of each, each round", columns, lines, names=1)


def _round(setup: Setup, seconds: float) -> Streams:
    with setup.station(setup.cameras(CAMERAS, fps=FPS)) as probed:
        verdicts(probed.run, CAMERAS, WARM_UP_S)
        counted, elapsed_s = verdicts(probed.run, CAMERAS, seconds)
    ages = probed.sent()[-sum(counted.values()) :]
    return Streams(
        cameras=CAMERAS,
        fps=FPS,
        judged_fps=tuple(round(counted[camera] / elapsed_s, 2) for camera in sorted(counted)),
        age_ms=spread_of([sent.age_ms for sent in ages]),
        worst_age_p99_ms=max(_p99(ages, camera) for camera in counted),
    )


def _p99(sent: Sequence[Sent], camera: str) -> float:
    return spread_of([each.age_ms for each in sent if each.camera == camera]).p99
