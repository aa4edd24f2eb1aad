"""From figures to settings: what to write into the station file, and why."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from edge.benchmark.rates import Rate
from edge.benchmark.stages import Stages
from edge.inference.devices import Hint

WORTH = 1.1  # a rate must be so many times the other's before more latency is paid for it
ENOUGH = 0.98  # fewer frames at once are as good if they reach this share of the best rate


class Cell(BaseModel):
    """All figures of one hint and one precision."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hint: Hint
    precision: str = Field(description="INFERENCE_PRECISION_HINT")
    calibrated: bool = Field(description="whether the model's threshold was set with this precision")
    compile_s: float = Field(description="without a cache")
    stages: Stages
    rates: tuple[Rate, ...] = Field(description="by number of cameras")

    @property
    def best_rate(self) -> float:
        """Frames per second with as many cameras as give most."""
        return max(each.frames_per_s for each in self.rates)


class JobsRate(BaseModel):
    """The rate with so many frames in inference at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    jobs: int
    frames_per_s: float


class Advice(BaseModel):
    """Settings for this computer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hint: Hint
    jobs: int
    reasons: tuple[str, ...]

    def toml(self) -> str:
        """As lines of a station file."""
        return f'[inference]\nhint = "{self.hint}"\njobs = {self.jobs}\n'


def best_hint(cells: Sequence[Cell]) -> tuple[Cell, str]:
    """The cell whose hint fits this computer, of those with the model's own precision, and why.

    Latency wins unless the throughput hint judges a tenth more frames: one frame alone takes longer there.
    """
    own = [cell for cell in cells if cell.calibrated]
    soon = next(cell for cell in own if cell.hint == "latency")
    many = next((cell for cell in own if cell.hint == "throughput"), soon)
    gain, delay = many.best_rate / soon.best_rate, many.stages.total.p99 / soon.stages.total.p99
    if gain >= WORTH:
        return many, (
            f"throughput judges {many.best_rate:.0f} frames per second, latency {soon.best_rate:.0f}; one frame "
            f"alone takes {delay:.1f} times as long (p99 {many.stages.total.p99:.1f} ms)"
        )
    return soon, (
        f"latency judges {soon.best_rate:.0f} frames per second, throughput {many.best_rate:.0f}, "
        f"and a frame alone is through in {soon.stages.total.p99:.1f} ms (p99), "
        f"with throughput in {many.stages.total.p99:.1f} ms"
    )


def best_jobs(tried: Sequence[JobsRate]) -> tuple[int, str]:
    """The fewest frames at once that reach all but the best rate, and why."""
    best = max(tried, key=lambda each: each.frames_per_s)
    fewest = min(
        (each for each in tried if each.frames_per_s >= ENOUGH * best.frames_per_s), key=lambda each: each.jobs
    )
    others = ", ".join(f"{each.jobs}: {each.frames_per_s:.0f}" for each in tried)
    return fewest.jobs, f"frames per second by frames in inference at once: {others}"


def other_precisions(cells: Sequence[Cell]) -> str:
    """What another precision would give, where one is faster; empty where none is."""
    own = max((cell for cell in cells if cell.calibrated), key=lambda cell: cell.best_rate)
    others = [cell for cell in cells if not cell.calibrated]
    fastest = max(others, key=lambda cell: cell.best_rate, default=own)
    if fastest.best_rate < WORTH * own.best_rate:
        return ""
    return (
        f"{fastest.precision} would judge {fastest.best_rate:.0f} frames per second, but it moves the scores: "
        f'set inference.precision = "{fastest.precision}" only with a calibration made with it'
    )
