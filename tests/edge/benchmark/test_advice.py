"""Which settings follow from which figures."""

from __future__ import annotations

import tomllib

from edge.benchmark.advice import Advice, Cell, JobsRate, best_hint, best_jobs, other_precisions
from edge.benchmark.rates import Rate
from edge.benchmark.spread import Spread
from edge.benchmark.stages import Stages
from edge.config.station import StationConfig
from edge.inference.devices import Hint


def cell(hint: Hint, frames_per_s: float, *, p99: float = 4.0, precision: str = "f32") -> Cell:
    some = Spread(p50=1.0, p90=1.0, p99=1.0)
    total = Spread(p50=p99 / 2, p90=p99, p99=p99)
    stages = Stages(
        frames=100, preprocess=some, camera_check=some, inference=some, postprocess=some, publish=some, total=total
    )
    rates = tuple(
        Rate(
            streams=streams,
            frames_per_s=frames_per_s * share,
            slowest_stream=frames_per_s * share / streams,
            first_verdict_s=0.5,
            resident_mb=None,
            capture_mb=None,
        )
        for streams, share in ((1, 0.5), (2, 1.0), (4, 0.9))
    )
    return Cell(
        hint=hint, precision=precision, calibrated=precision == "f32", compile_s=1.0, stages=stages, rates=rates
    )


def test_throughput_must_judge_a_tenth_more_to_be_worth_its_latency() -> None:
    soon = cell("latency", 300, p99=4)

    assert best_hint([soon, cell("throughput", 329, p99=8)])[0].hint == "latency"
    chosen, why = best_hint([soon, cell("throughput", 331, p99=8)])

    assert chosen.hint == "throughput"
    assert "331 frames per second, latency 300" in why
    assert "2.0 times as long (p99 8.0 ms)" in why


def test_a_precision_that_the_threshold_was_not_set_with_is_never_chosen_but_named() -> None:
    cells = [cell("latency", 300), cell("throughput", 310), cell("latency", 500, precision="bf16")]

    assert best_hint(cells)[0].precision == "f32"
    assert "bf16 would judge 500 frames per second, but it moves the scores" in other_precisions(cells)
    assert other_precisions([cell("latency", 300), cell("latency", 320, precision="bf16")]) == ""
    assert other_precisions([cell("latency", 300)]) == ""


def test_the_fewest_jobs_that_reach_all_but_the_best_rate_are_taken() -> None:
    tried = [
        JobsRate(jobs=1, frames_per_s=200),
        JobsRate(jobs=2, frames_per_s=296),
        JobsRate(jobs=3, frames_per_s=300),
    ]

    jobs, why = best_jobs(tried)

    assert jobs == 2
    assert "1: 200, 2: 296, 3: 300" in why


def test_the_advice_is_a_part_of_a_station_file() -> None:
    advice = Advice(hint="throughput", jobs=3, reasons=())

    station = StationConfig.model_validate(tomllib.loads(advice.toml()))

    assert (station.inference.hint, station.inference.jobs) == ("throughput", 3)
