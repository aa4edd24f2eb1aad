"""Memory of the daemon with one and more cameras, and the time from its start to the first verdict."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.line_results import Goal, at_most
from benchmarks.line_setup import Setup
from benchmarks.tables import Table, number
from edge.benchmark.memory import Memory, descendants_of, memory_of, proportional_mb
from edge.errors import DeviceError
from edge.progress import Advance

CAMERAS = (1, 2, 4, 8)
FPS = 15
DAEMON_MB, FURTHER_MB, FIRST_S = 200.0, 40.0, 1.0


class Footprint(BaseModel):
    """One station, after it judged for a while; each camera holds one picture of 1080p of its own, 6 MB."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cameras: int
    daemon: Memory
    together_mb: float = Field(description="daemon and capture processes, shared pages counted once (PSS)")
    first_verdict_s: float = Field(description="from the start of the process until the first result was sent")


def measure(setup: Setup, *, seconds: float, rounds: int, seen: Advance) -> list[Footprint]:
    """Starts stations with a warm cache.

    Raises:
        DeviceError: a station ended, or this system does not tell the memory of a process.
    """
    state = setup.work / "state"
    _round(setup, 1, 0.5, str(state))  # fills the cache of compiled models
    rows = []
    for cameras in CAMERAS:
        for _ in range(rounds if cameras == 1 else 1):
            rows.append(_round(setup, cameras, seconds, str(state)))
            seen(1)
    return rows


def goals(rows: Sequence[Footprint]) -> list[Goal]:
    """Medians of the rounds with one camera; further cameras from one to the most."""
    one, most = _of(rows, 1), _of(rows, CAMERAS[-1])
    further = (median(r.together_mb for r in most) - median(r.together_mb for r in one)) / (CAMERAS[-1] - 1)
    return [
        at_most(
            "resident memory of the daemon, one camera",
            median(r.daemon.resident_mb for r in one),
            DAEMON_MB,
            " MB",
        ),
        at_most("memory of each further camera, its capture process included", further, FURTHER_MB, " MB"),
        at_most("first verdict after process start", median(r.first_verdict_s for r in one), FIRST_S, " s"),
    ]


def table(rows: Sequence[Footprint]) -> Table:
    """Medians by number of cameras."""
    lines = []
    for cameras in CAMERAS:
        each = _of(rows, cameras)
        lines.append(
            (
                str(cameras),
                number(median(r.daemon.resident_mb for r in each), 0),
                number(median(r.daemon.proportional_mb for r in each), 0),
                number(median(r.together_mb for r in each), 0),
                number(median(r.first_verdict_s for r in each), 2),
                str(len(each)),
            )
        )
    columns = (
        "cameras",
        "daemon RSS MB",
        "daemon PSS MB",
        "with capture, PSS MB",
        "first verdict s",
        "runs",
    )
    return Table("Memory and start, warm cache", columns, lines, names=1)


def _of(rows: Sequence[Footprint], cameras: int) -> list[Footprint]:
    return [row for row in rows if row.cameras == cameras]


def _round(setup: Setup, cameras: int, seconds: float, state: str) -> Footprint:
    with setup.station(setup.cameras(cameras, "one", fps=FPS), state_dir=state) as probed:
        probed.run.first_result()
        for _ in probed.run.heard(seconds):
            pass
        daemon = memory_of(probed.run.pid)
        together = proportional_mb([probed.run.pid, *descendants_of(probed.run.pid)])
    if daemon is None:
        raise DeviceError("this system does not tell the memory of a process", hint="it takes Linux 4.14 or newer")
    first = min(sent.sent_ns for sent in probed.sent())
    return Footprint(
        cameras=cameras,
        daemon=daemon,
        together_mb=together,
        first_verdict_s=round((first - probed.run.began_ns) / 1e9, 3),
    )
