"""What a running station answers to control requests."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from edge.errors import BusError
from edge.inference.bundle import load_bundle
from edge.inference.override import write_override
from edge.messaging.messages import Alert, Heartbeat, Result
from tests.edge.cameras.mjpeg_server import MjpegServer
from tests.edge.conftest import RunStation
from tests.edge.running_station import of_kind, read_until, until_stopping

PACED = ("--fps", "20", "--loop")


def test_status_tells_model_calibration_cameras_and_counts(
    run_station: RunStation, mixed_folder: Path, own_bundle: Path
) -> None:
    (mixed_folder / "9-no-picture.png").write_text("not a picture", encoding="utf-8")
    bundle = load_bundle(own_bundle)
    write_override(bundle, bundle.card.calibration.model_copy(update={"device": "GPU"}))
    paced = ("--loop", "--fps", "50", "--threshold", "12.5")
    station = run_station("--camera", str(mixed_folder), *paced, model=own_bundle)
    warning = station.event("calibrated_elsewhere")["reason"]
    station.event("picture_skipped")
    asker = station.asker()
    status = asker.ask("status")["status"]
    (model,) = status["models"]
    assert (model["sha256"], model["device"]) == (bundle.sha256, "CPU")
    assert (
        model["calibrated_elsewhere"]
        == warning
        == "the threshold was set on GPU, CPU will judge: calibrate on CPU"
    )
    assert model["card"]["name"] == bundle.card.name
    assert model["card"]["calibration"]["threshold"] == bundle.card.calibration.threshold
    assert status["health"] == [] and 0 <= status["uptime_s"] < 60
    camera = status["cameras"]["camera"]
    assert (camera["mode"], camera["trigger"], camera["model"]) == ("free-run", None, bundle.sha256)
    assert camera["threshold"] == 12.5
    assert (camera["state"], camera["paused"], camera["skipped"]) == ("streaming", False, 1)
    assert camera["captured"] >= camera["judged"] + camera["dropped"] > 0
    later = asker.ask("status")["status"]["cameras"]["camera"]
    assert later["judged"] >= camera["judged"]


def test_paused_judges_nothing_says_so_and_resumes(run_station: RunStation) -> None:
    with MjpegServer() as camera:
        station = run_station("--camera", camera.url)
        asker = station.asker()
        with station.subscriber("") as reader:
            read_until(reader, lambda m: isinstance(m, Result))
            asker.ask("pause")
            first = read_until(reader, lambda m: isinstance(m, Heartbeat) and m.state == "paused")[-1]
            second = read_until(reader, lambda m: isinstance(m, Heartbeat) and m.state == "paused")
            assert of_kind(Result, second) == []
            dropped = of_kind(Heartbeat, second)[-1].dropped - of_kind(Heartbeat, [first])[-1].dropped
            assert dropped >= 10  # some 50 pictures came in this second
            status = asker.ask("status")["status"]["cameras"]["camera"]
            assert (status["paused"], status["state"]) == (True, "streaming")
            asker.ask("resume", camera="camera")
            read_until(reader, lambda m: isinstance(m, Result))
            read_until(reader, lambda m: isinstance(m, Heartbeat) and m.state == "running")
        station.signal(signal.SIGTERM)


def test_pictures_on_disk_wait_while_paused(run_station: RunStation, mixed_folder: Path) -> None:
    station = run_station("--camera", str(mixed_folder), "--wait-for-subscribers", "1")
    asker = station.asker()
    asker.ask("pause")
    with station.subscriber("") as reader:
        paused = read_until(reader, lambda m: isinstance(m, Heartbeat))
        time.sleep(0.3)
        asker.ask("resume")
        came = [*paused, *until_stopping(reader)]
    assert len(of_kind(Result, came)) == 8
    assert of_kind(Heartbeat, came)[-1].dropped == 0


def test_alerts_can_be_replayed_in_parts(run_station: RunStation, mixed_folder: Path) -> None:
    station = run_station("--camera", str(mixed_folder), "--loop", "--fps", "50", "--threshold", "-1e9")
    with station.subscriber("alert/") as reader:
        live = read_until(reader, lambda m: isinstance(m, Alert) and m.seq >= 5)
    asker = station.asker()
    first = asker.ask("replay", since_seq=0, limit=3)
    rest = asker.ask("replay", since_seq=3, limit=2)
    assert [alert["seq"] for alert in first["alerts"] + rest["alerts"]] == [1, 2, 3, 4, 5]
    assert first["last_seq"] >= 5
    assert rest["alerts"][-1] == next(a.model_dump(mode="json") for a in of_kind(Alert, live) if a.seq == 5)
    assert asker.ask("replay", since_seq=10**9)["alerts"] == []


def test_what_cannot_be_answered_is_refused_and_nothing_stops(run_station: RunStation, mixed_folder: Path) -> None:
    asker = run_station("--camera", str(mixed_folder), *PACED).asker()
    for command, fields, refusal in (
        ("dance", {}, "dance was refused: unknown_command: "),
        ("pause", {"camera": "left"}, "pause was refused: no camera 'left'; here are: camera"),
        ("replay", {}, "replay was refused: bad_request: "),
    ):
        with pytest.raises(BusError) as caught:
            asker.ask(command, **fields)
        assert str(caught.value).startswith(refusal)
    assert asker.ask("status")["status"]["cameras"]["camera"]["paused"] is False
