"""Several cameras on one computer: fair shares, one compiled model, one camera's loss is not the others'."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from edge.messaging.messages import Health, Heartbeat, Result
from tests.edge.cameras.mjpeg_server import MjpegServer
from tests.edge.conftest import RunStation
from tests.edge.running_station import of_kind, read_until, until_stopping
from tests.edge.tiny_models import failing_for_black


def station_file(path: Path, *cameras: str) -> Path:
    path.write_text("\n".join(f"[[cameras]]\n{camera}" for camera in cameras), encoding="utf-8")
    return path


def test_a_fast_camera_does_not_crowd_out_slow_ones(
    run_station: RunStation, tiny_dataset: Path, tmp_path: Path
) -> None:
    """All play as fast as they are read, so each could fill the device alone."""
    pictures = tiny_dataset / "test" / "good"
    config = station_file(
        tmp_path / "line.toml",
        *(f'name = "{name}"\nsource = "memory:{pictures}"\nloop = true\n' for name in ("a", "b", "c")),
    )
    station = run_station("--config", str(config), "--wait-for-subscribers", "1")
    with station.subscriber("") as reader:
        counts: Counter[str | None] = Counter()
        while sum(counts.values()) < 600:
            came = read_until(reader, lambda m: isinstance(m, Result))
            counts.update(result.camera for result in of_kind(Result, came))
        status = station.asker().ask("status")["status"]
    assert len(status["models"]) == 1  # one compiled model for all
    assert set(counts) == {"a", "b", "c"}
    assert min(counts.values()) >= 0.8 * max(counts.values())


def test_cameras_with_models_of_their_own_are_judged_by_them(
    run_station: RunStation, mixed_folder: Path, tmp_path: Path, tiny_bundle: Path
) -> None:
    grey = failing_for_black(tmp_path / "grey.xml")
    copy = tmp_path / "copy.xml"
    for suffix in (".xml", ".bin"):
        shutil.copy(tiny_bundle.with_suffix(suffix), copy.with_suffix(suffix))
    config = station_file(
        tmp_path / "line.toml",
        f'name = "plates"\nsource = "{mixed_folder}"\n',
        f'name = "greys"\nsource = "{mixed_folder}"\nmodel = "{grey}"\nthreshold = 1e9\n',
        f'name = "again"\nsource = "{mixed_folder}"\nmodel = "{copy}"\nthreshold = -1e9\n',
    )
    station = run_station("--config", str(config), "--wait-for-subscribers", "1")
    with station.subscriber("") as reader:
        came = until_stopping(reader)
    results = of_kind(Result, came)
    assert Counter(result.camera for result in results) == {"plates": 8, "greys": 8, "again": 8}
    named = {
        camera: {r.model.name for r in results if r.camera == camera} for camera in ("plates", "greys", "again")
    }
    assert named["greys"] == {"grey"} and named["plates"] == named["again"] != named["greys"]
    verdicts = {camera: {r.verdict for r in results if r.camera == camera} for camera in ("greys", "again")}
    assert verdicts == {"greys": {"good"}, "again": {"anomalous"}}
    assert len(station.events("model")) == 3  # the copy has a calibration of its own, and the same compiled model
    assert station.wait() == 0


def test_when_one_camera_is_lost_the_others_go_on(
    run_station: RunStation, mixed_folder: Path, tmp_path: Path
) -> None:
    with MjpegServer() as camera:
        config = station_file(
            tmp_path / "line.toml",
            f'name = "net"\nsource = "{camera.url}"\n',
            f'name = "files"\nsource = "{mixed_folder}"\nloop = true\nfps = 20\n',
        )
        station = run_station("--config", str(config))
        with station.subscriber("") as reader:
            read_until(reader, lambda m: isinstance(m, Result) and m.camera == "net")
            camera.kill()
            lost = read_until(reader, lambda m: isinstance(m, Health) and m.state == "failed")[-1]
            after = read_until(reader, lambda m: isinstance(m, Heartbeat) and m.state == "degraded")
            after += read_until(reader, lambda m: isinstance(m, Heartbeat))
    assert lost.camera == "net"
    assert {result.camera for result in of_kind(Result, after)} == {"files"}
    assert len(of_kind(Result, after)) >= 5


@pytest.mark.parametrize("count", [5])
def test_each_camera_counts_its_own(
    run_station: RunStation, mixed_folder: Path, tmp_path: Path, count: int
) -> None:
    """captured = judged + dropped, for every camera, once all have ended."""
    config = station_file(
        tmp_path / "line.toml",
        *(f'name = "c{n}"\nsource = "memory:{mixed_folder}"\nfps = {60 + 20 * n}\n' for n in range(count)),
    )
    station = run_station("--config", str(config), "--wait-for-subscribers", "1")
    with station.subscriber("") as reader:
        came = until_stopping(reader)
    assert station.wait() == 0
    judged = Counter(result.camera for result in of_kind(Result, came))
    last = of_kind(Heartbeat, came)[-1]
    assert sum(judged.values()) == last.frames
    assert last.frames + last.dropped == 8 * count


def test_a_camera_that_is_away_at_the_start_keeps_nobody_waiting_and_joins_when_it_comes(
    run_station: RunStation, mixed_folder: Path, tmp_path: Path
) -> None:
    camera = MjpegServer()
    with camera:
        url = camera.url
    config = station_file(
        tmp_path / "line.toml",
        f'name = "net"\nsource = "{url}"\n',
        f'name = "files"\nsource = "{mixed_folder}"\nloop = true\nfps = 20\n',
    )
    station = run_station("--config", str(config))
    lost = station.event("camera_lost")
    assert lost["camera"] == "net" and "cannot open camera" in lost["reason"]
    with station.subscriber("result/") as reader:
        came = read_until(reader, lambda m: isinstance(m, Result))
        assert of_kind(Result, came)[-1].camera == "files"
        with MjpegServer(port=camera.port):
            read_until(reader, lambda m: isinstance(m, Result) and m.camera == "net")
            assert station.event("camera_back")["camera"] == "net"
