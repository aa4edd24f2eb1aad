"""The daemon as a process of its own: folders of pictures in, messages on the bus out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.inference.bundle import load_bundle
from edge.inference.engine import Engine
from edge.messaging.messages import Alert, Health, Heartbeat, Result
from edge.pictures import find_pictures, read_picture
from edge.verdict import Verdict
from tests.edge.conftest import RunStation
from tests.edge.running_station import clean_environment, of_kind, until_stopping

ONE_READER = ("--wait-for-subscribers", "1")


def test_every_picture_is_judged_once_and_scored_as_by_the_engine_alone(
    run_station: RunStation, mixed_folder: Path, tiny_bundle: Path
) -> None:
    readable = find_pictures(mixed_folder)
    whole = readable[0].read_bytes()
    (mixed_folder / "2-torn.png").write_bytes(whole[: len(whole) // 2])
    (mixed_folder / "5-no-picture.png").write_text("not a picture", encoding="utf-8")
    station = run_station("--camera", str(mixed_folder), "--station", "line-3", *ONE_READER)
    with station.subscriber("") as reader:
        came = until_stopping(reader)
    assert (station.wait(), station.other_lines) == (0, [])

    results = {result.picture: result for result in of_kind(Result, came)}
    assert len(of_kind(Result, came)) == len(readable)
    engine = Engine(load_bundle(tiny_bundle))
    scores = {path.name: engine.infer(read_picture(path)).score for path in readable}
    assert {name: result.score for name, result in results.items()} == pytest.approx(scores, rel=1e-6)

    threshold = load_bundle(tiny_bundle).card.calibration.threshold
    anomalous = {name for name, score in scores.items() if score > threshold}
    assert {name for name in scores if "blob" in name} <= anomalous < set(scores)
    assert {name for name, result in results.items() if result.verdict is Verdict.ANOMALOUS} == anomalous
    alerts = of_kind(Alert, came)
    assert [alert.seq for alert in alerts] == list(range(1, len(anomalous) + 1))
    assert sorted(alert.result.picture or "" for alert in alerts) == sorted(anomalous)

    last = of_kind(Heartbeat, came)[-1]
    assert (last.frames, last.dropped, last.last_alert_seq) == (len(readable), 0, len(anomalous))
    assert (last.verdicts.anomalous, last.verdicts.unknown) == (len(anomalous), 0)
    unreadable = ["2-torn.png", "5-no-picture.png"]
    assert [event["picture"] for event in station.events("picture_skipped")] == unreadable
    stopped = station.event("stopped")
    assert (stopped["judged"], stopped["dropped"], stopped["skipped"]) == (len(readable), 0, unreadable)


def test_a_file_name_that_is_no_utf8_is_replaced_where_it_is_not(
    run_station: RunStation, mixed_folder: Path
) -> None:
    (mixed_folder / "0-good.png").rename(mixed_folder / os.fsdecode(b"t\xfcr.png"))
    (mixed_folder / os.fsdecode(b"\xfc.png")).write_bytes(b"not a picture")
    station = run_station("--camera", str(mixed_folder), "--threshold", "-1e9", *ONE_READER)
    with station.subscriber("") as reader:
        came = until_stopping(reader)
    assert (station.wait(), station.other_lines) == (0, [])
    assert "t\ufffdr.png" in {result.picture for result in of_kind(Result, came)}
    assert "t\ufffdr.png" in {alert.result.picture for alert in of_kind(Alert, came)}
    assert station.event("stopped")["skipped"] == ["\ufffd.png"]


def test_a_restart_goes_on_counting_and_a_late_reader_gets_every_alert(
    run_station: RunStation, mixed_folder: Path
) -> None:
    everything = ("--camera", str(mixed_folder), "--threshold", "-1e9")
    assert run_station(*everything).wait() == 0
    second = run_station(*everything, *ONE_READER)
    with second.subscriber("alert/", "heartbeat/", control=True, since_seq=0) as reader:
        alerts = of_kind(Alert, until_stopping(reader))
    assert [alert.seq for alert in alerts] == list(range(1, 17))
    names = [path.name for path in find_pictures(mixed_folder)]
    assert sorted(alert.result.picture or "" for alert in alerts[:8]) == names
    assert len({alert.boot_id for alert in alerts[:8]} ^ {alert.boot_id for alert in alerts[8:]}) == 2
    assert second.wait() == 0


def test_a_threshold_on_the_command_line_wins_over_the_model(run_station: RunStation, mixed_folder: Path) -> None:
    station = run_station("--camera", str(mixed_folder), "--threshold", "1e9", *ONE_READER)
    with station.subscriber("") as reader:
        came = until_stopping(reader)
    assert {(r.verdict, r.threshold) for r in of_kind(Result, came)} == {(Verdict.GOOD, 1e9)}
    assert of_kind(Alert, came) == []


def test_a_score_that_is_not_a_number_is_unknown_and_never_good(
    run_station: RunStation, undefined_for_black: Path, black_and_grey: Path, no_camera_faults: Path
) -> None:
    options = ("--config", str(no_camera_faults), "--camera", str(black_and_grey))
    station = run_station(*options, *ONE_READER, model=undefined_for_black)
    with station.subscriber("") as reader:
        came = until_stopping(reader)
    results = {r.picture: r for r in of_kind(Result, came)}
    assert results["grey.png"].verdict is Verdict.GOOD
    black = results["black.png"]
    assert (black.verdict, black.score, black.score_percentile) == (Verdict.UNKNOWN, None, None)
    assert black.reason == "the score is not finite"
    assert of_kind(Heartbeat, came)[-1].verdicts.unknown == 1
    assert station.wait() == 0


def test_a_frame_that_fails_on_the_device_is_unknown_and_the_station_goes_on(
    run_station: RunStation, failing_for_black: Path, black_and_grey: Path, no_camera_faults: Path
) -> None:
    options = ("--config", str(no_camera_faults), "--camera", str(black_and_grey))
    station = run_station(*options, *ONE_READER, model=failing_for_black)
    with station.subscriber("") as reader:
        came = until_stopping(reader)
    results = {r.picture: r for r in of_kind(Result, came)}
    assert results["grey.png"].verdict is Verdict.GOOD
    assert results["black.png"].verdict is Verdict.UNKNOWN
    assert results["black.png"].reason.startswith("inference failed on CPU: ")
    assert station.wait() == 0


def test_a_device_that_fails_twice_in_a_row_ends_the_station_with_one_line(
    run_station: RunStation, failing_for_black: Path, black_and_grey: Path, no_camera_faults: Path
) -> None:
    (black_and_grey / "grey.png").unlink()
    options = ("--config", str(no_camera_faults), "--camera", str(black_and_grey), "--loop")
    station = run_station(*options, model=failing_for_black)
    assert station.wait() == 1
    (line,) = station.other_lines
    assert line.startswith("edge-ad: error: inference failed on CPU: ")


def test_a_black_picture_is_a_fault_of_the_camera_and_no_alert(
    run_station: RunStation, failing_for_black: Path, black_and_grey: Path
) -> None:
    (black_and_grey / "grey.png").unlink()
    station = run_station(
        "--camera", str(black_and_grey), "--threshold", "-1e9", *ONE_READER, model=failing_for_black
    )
    with station.subscriber("") as reader:
        came = until_stopping(reader)
    (black,) = of_kind(Result, came)
    assert (black.verdict, black.reason) == (Verdict.UNKNOWN, "black picture")
    (health,) = of_kind(Health, came)
    assert (health.component, health.state, health.reason) == ("camera", "degraded", "black picture")
    assert of_kind(Alert, came) == [] and station.wait() == 0


def test_two_stations_cannot_share_a_store(run_station: RunStation, mixed_folder: Path, tmp_path: Path) -> None:
    first = run_station("--camera", str(mixed_folder), "--loop", state=tmp_path / "one")
    first.event("started")
    second = run_station("--camera", str(mixed_folder), state=tmp_path / "one")
    assert second.wait() == 1
    (line,) = second.other_lines
    assert line.startswith(f"edge-ad: error: {tmp_path}/one/alerts.sqlite is held by another station; ")
    assert first.process.poll() is None


def test_subscribe_prints_each_alert_as_json_and_saves_its_heatmap(
    run_station: RunStation, mixed_folder: Path, tmp_path: Path
) -> None:
    station = run_station("--camera", str(mixed_folder), "--threshold", "-1e9", *ONE_READER)
    started = station.event("started")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "edge", "subscribe", started["events"], "--json", "--topic", "alert/"),
            *("--heatmaps", started["heatmaps"], "--save", str(tmp_path / "maps")),
            *("--count", "3", "--timeout-s", "30"),
        ],
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    alerts = [message for message in messages if message["kind"] == "alert"]
    assert [alert["seq"] for alert in alerts] == [1, 2, 3]
    assert [alert["result"]["picture"] for alert in alerts] == ["0-good.png", "1-blob.png", "2-good.png"]
    maps = [message["alert_seq"] for message in messages if message["kind"] == "heatmap"]
    assert maps and set(maps) <= set(range(1, 9))  # heatmaps may be lost, alerts may not
    assert len(list((tmp_path / "maps").glob("*.png"))) == len(maps)
