"""The benchmarks of the line: what the probe sees, what the goals follow from, and that page and JSON agree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import footprint, shutter, slowed, streams, throughput
from benchmarks.line import PAGE, PARTS, RESULTS, tables_of
from benchmarks.line_results import LineFile, at_least, at_most, head
from benchmarks.line_setup import FULL_HD, MODEL_SIZE, Setup, setup
from benchmarks.page import write_tables
from edge.benchmark.memory import Memory
from edge.benchmark.spread import Spread
from edge.progress import silent


@pytest.fixture(scope="module")
def made(tiny_bundle: Path, tiny_dataset: Path) -> Iterator[Setup]:
    with setup(tiny_bundle, tiny_dataset / "test" / "good") as ready:
        yield ready


def test_the_probe_notes_each_result_that_a_reader_hears_before_it_is_heard(made: Setup) -> None:
    with made.station(made.cameras(2, MODEL_SIZE, fps=20)) as probed:
        heard = [message for message in probed.run.heard(2.5) if message.kind == "result"]
    sent = {(each.camera, each.seq): each for each in probed.sent()}

    assert len(heard) > 10
    assert {camera for camera, _ in sent} == {"camera-1", "camera-2"}
    for message in heard:
        fields = message.read()
        noted = sent[fields["camera"], fields["frame_seq"]]
        assert noted.captured_ns < fields["mono_ns"] <= noted.sent_ns
        # The message leaves within the call whose end is noted, so it may be heard a little earlier.
        assert fields["mono_ns"] < message.at_ns
        assert noted.age_ms >= fields["latency_ms"]["total"] - 0.001
    assert len(made.others_cores) == 1


def test_a_slow_accelerator_drops_frames_and_every_one_is_accounted_for(made: Setup) -> None:
    (row,) = slowed.measure(made, seconds=1.0, seen=silent, fps=250)

    assert row.dropped > 0
    assert row.judged > 0
    assert row.unaccounted == 0
    assert row.memory_mb[0] > 50
    assert [goal.reached for goal in slowed.goals([row])] == [True, True]


def test_a_slowed_inference_takes_as_many_times_as_long(made: Setup) -> None:
    medians = []
    for times in (1.0, 10.0):
        with made.station(made.cameras(1, MODEL_SIZE, fps=10), slow=times, bus__heatmaps_of="none") as probed:
            heard = [message for message in probed.run.heard(2.5) if message.kind == "result"]
        each = sorted(message.read()["latency_ms"]["inference"] for message in heard[1:])
        medians.append(each[len(each) // 2])
    assert 4 < medians[1] / medians[0] < 25, medians  # timings of a busy machine


def test_station_and_bare_queue_run_in_turns_on_the_same_pictures(made: Setup) -> None:
    cases = [("latency", MODEL_SIZE), ("throughput", FULL_HD)]
    rows = throughput.measure(made, seconds=0.4, rounds=1, seen=silent, cases=cases)

    assert [(row.hint, row.pictures) for row in rows] == cases
    for row in rows:
        assert row.share == round(row.station[0] / row.bare[0], 3)
        assert min(*row.station, *row.bare) > 5


def test_goals_are_reached_at_the_limit_and_missed_beyond_it() -> None:
    assert [at_most("x", value, 3.0).reached for value in (3.0, 3.01)] == [True, False]
    assert [at_least("x", value, 0.95).reached for value in (0.95, 0.949)] == [True, False]


def test_the_tail_is_compared_with_the_median_and_with_inference() -> None:
    total = Spread(p50=3.0, p90=4.0, p99=6.3)
    parts = {"capture": 0.3, "preprocess": 0.4, "inference": 2.0, "postprocess": 0.2}
    row = shutter.Shutter(fps=30, frames=100, rounds=1, total=total, to_sent=total, parts_p50=parts)

    assert [(goal.measured, goal.reached) for goal in shutter.goals([row])] == [(2.1, False), (4.3, False)]


def test_the_spread_between_cameras_is_that_of_the_extremes() -> None:
    age = Spread(p50=5.0, p90=8.0, p99=20.0)
    row = streams.Streams(cameras=3, fps=15, judged_fps=(15.0, 12.0, 14.0), age_ms=age, worst_age_p99_ms=30.0)

    assert row.spread_percent == pytest.approx(20.0)
    assert [goal.reached for goal in streams.goals([row])] == [True, True, False]


@pytest.mark.parametrize(("drift_mb", "growth_mb"), [(0.0, 0.0), (0.5, 48.0)])
def test_memory_that_comes_and_goes_does_not_grow_and_memory_that_creeps_does(
    drift_mb: float, growth_mb: float
) -> None:
    memory = tuple(300.0 + drift_mb * i + 12.0 * (i % 2) for i in range(120))
    age = Spread(p50=50.0, p90=80.0, p99=100.0)
    row = slowed.Slowed(
        times=10, minutes=10, cameras=2, fps=120, captured=9, judged=4, dropped=5, age_ms=age, memory_mb=memory
    )

    assert row.growth_mb == pytest.approx(growth_mb, abs=7)
    assert [goal.reached for goal in slowed.goals([row])] == [growth_mb < 20, True]


def test_a_further_camera_costs_what_several_add_divided_by_their_number() -> None:
    rows = [
        footprint.Footprint(
            cameras=cameras,
            daemon=Memory(resident_mb=190.0 + 5 * cameras, proportional_mb=150.0),
            together_mb=160.0 + 30 * cameras,
            first_verdict_s=0.5,
        )
        for cameras in footprint.CAMERAS
    ]

    assert [goal.measured for goal in footprint.goals(rows)] == [195.0, 30.0, 0.5]


@pytest.mark.parametrize("name", PARTS)
def test_the_page_says_what_the_results_say(name: str, tmp_path: Path) -> None:
    file = RESULTS / f"{name}.json"
    if not file.is_file():
        pytest.skip(f"{name} was not measured yet")
    part = PARTS[name]
    results = LineFile[part.row].model_validate_json(file.read_text(encoding="utf-8"))  # type: ignore[name-defined]
    copy = tmp_path / PAGE.name
    copy.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")

    write_tables(copy, name, head(results, part.command), tables_of(name, results))

    assert copy.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")
    assert list(results.goals) == list(part.goals(results.rows))
