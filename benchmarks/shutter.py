"""From the frame's arrival to its result at a reader in another process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from statistics import median

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.line_results import Goal, at_most
from benchmarks.line_setup import Setup
from benchmarks.tables import Table, number
from edge.benchmark.spread import Spread, spread_of
from edge.benchmark.station_run import Heard
from edge.progress import Advance

RATES_FPS = (10, 30)
WARM_UP_S = 1.0
TAIL = 2.0  # times the median that the 99th percentile may be
OVER_INFERENCE_MS = 3.0
PARTS = ("capture", "preprocess", "inference", "postprocess")


class Shutter(BaseModel):
    """One camera of 1080p at one rate; milliseconds. The median round, by its p99."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fps: int
    frames: int
    rounds: int
    total: Spread = Field(description="from the frame's arrival at this computer to its result at the reader")
    to_sent: Spread = Field(description="the same until the result was sent")
    parts_p50: dict[str, float] = Field(description="latency_ms of the results, medians")


def measure(setup: Setup, *, seconds: float, rounds: int, seen: Advance) -> list[Shutter]:
    """Measures each rate.

    Raises:
        DeviceError: the station ended.
    """
    rows = []
    for fps in RATES_FPS:
        each = []
        for _ in range(rounds):
            each.append(_round(setup, fps, seconds))
            seen(1)
        middle = sorted(each, key=lambda row: row.total.p99)[len(each) // 2]
        rows.append(middle.model_copy(update={"rounds": rounds}))
    return rows


def goals(rows: Sequence[Shutter]) -> list[Goal]:
    """The tail, and what comes on top of inference."""
    found = []
    for row in rows:
        tail = row.total.p99 / row.total.p50
        over_ms = row.total.p99 - row.parts_p50["inference"]
        found.append(at_most(f"p99 / p50 at {row.fps} frames per second", tail, TAIL))
        found.append(
            at_most(f"p99 over inference at {row.fps} frames per second", over_ms, OVER_INFERENCE_MS, " ms")
        )
    return found


def table(rows: Sequence[Shutter]) -> Table:
    """Totals and medians of the parts."""
    lines = [
        (
            str(row.fps),
            *(number(q, 2) for q in (row.total.p50, row.total.p90, row.total.p99)),
            *(number(row.parts_p50[part], 2) for part in PARTS),
            number(row.to_sent.p50 - sum(row.parts_p50.values()), 2),
            number(row.total.p50 - row.to_sent.p50, 2),
            f"{row.rounds} x {row.frames}",
        )
        for row in rows
    ]
    columns = ("frames per s", "p50", "p90", "p99", *PARTS, "other", "delivery", "frames")
    return Table("Shutter to message, ms, and medians of its parts", columns, lines, names=1)


def _round(setup: Setup, fps: int, seconds: float) -> Shutter:
    with setup.station(setup.cameras(1, fps=fps), bus__heatmaps_of="none") as probed:
        probed.run.first_result()
        for _ in probed.run.heard(WARM_UP_S):
            pass
        heard = [message for message in probed.run.heard(seconds) if message.kind == "result"]
    sent = {result.seq: result for result in probed.sent()}
    fields = [message.read() for message in heard]
    arrived = [(sent[int(result["frame_seq"])], message) for result, message in zip(fields, heard, strict=True)]
    return Shutter(
        fps=fps,
        frames=len(heard),
        rounds=1,
        total=spread_of([(message.at_ns - result.captured_ns) / 1e6 for result, message in arrived]),
        to_sent=spread_of([result.age_ms for result, _ in arrived]),
        parts_p50={part: round(median(_part(message, part) for message in heard), 3) for part in PARTS},
    )


def _part(message: Heard, part: str) -> float:
    return float(json.loads(message.payload)["latency_ms"][part])
