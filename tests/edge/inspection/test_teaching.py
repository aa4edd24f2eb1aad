"""Teaching by control, on a station that runs."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.errors import BusError
from edge.messaging.asking import Asker
from edge.messaging.messages import Action, Result, Teaching
from edge.models.store import ModelStore
from edge.teaching.backbone import write_backbone
from tests.edge import tiny_models
from tests.edge.cameras.mjpeg_server import MjpegServer
from tests.edge.running_station import START_S, RunningStation, children_of, of_kind, read_until
from tests.edge.teaching.conftest import toy_card, toy_graph
from tests.edge.teaching.parts import parts, written

Progress = dict[str, Any]


@pytest.fixture
def begin(tmp_path: Path, no_camera_faults: Path) -> Iterator[Callable[..., RunningStation]]:
    """Starts a station that has a backbone; it is ended with the test."""
    (tmp_path / "state" / "backbones").mkdir(parents=True)
    write_backbone(toy_graph(), toy_card(), tmp_path / "state" / "backbones" / "toy.xml")
    model = tiny_models.grey(tmp_path / "grey.xml")
    running: list[RunningStation] = []

    def start(camera: str, *options: str) -> RunningStation:
        settings = ("--camera", camera, "--config", str(no_camera_faults), *options)
        running.append(RunningStation(model, tmp_path / "state", *settings))
        return running[-1]

    yield start
    for station in running:
        station.close()


@pytest.fixture
def station(begin: Callable[..., RunningStation], tmp_path: Path) -> RunningStation:
    """Judges parts that come again and again."""
    return begin(str(written(tmp_path / "camera", parts(24))), "--fps", "20", "--loop")


def progress(asker: Asker) -> Progress:
    return dict(asker.ask("teach", action="status", timeout_s=10.0)["teaching"])


def wait_for(asker: Asker, reached: Callable[[Progress], bool]) -> Progress:
    deadline_s = time.monotonic() + START_S
    while not reached(found := progress(asker)):
        assert time.monotonic() < deadline_s, found
        assert found["state"] != "failed", found
        time.sleep(0.05)
    return found


def teacher_of(station: RunningStation) -> int:
    deadline_s = time.monotonic() + START_S
    while True:  # the kernel's list of children may miss one while another ends
        for pid in children_of(station.process.pid):
            if b"teach" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                return pid
        assert time.monotonic() < deadline_s


def test_an_hmi_teaches_a_product_while_the_station_judges_on(
    begin: Callable[..., RunningStation], tmp_path: Path
) -> None:
    still = [pixels for pixels in parts(24) for _ in range(6)]  # each part lies there for 0.2 s
    with MjpegServer(still, fps=30) as server:
        teach_and_listen(begin(server.url), ModelStore(tmp_path / "state"))


def teach_and_listen(station: RunningStation, store: ModelStore) -> None:
    asker = station.asker()
    assert asker.ask("teach", action="status")["teaching"] is None
    with station.subscriber("result/", "action/", "teaching/") as reader:
        read_until(reader, lambda message: isinstance(message, Result))
        asker.ask("teach", action="start", name="plate", count=20, timeout_s=10.0)
        came = read_until(reader, lambda m: isinstance(m, Teaching) and m.progress.state == "ready")
    (action,) = of_kind(Action, came)
    assert (action.command, action.after) == ("teach", {"teaching": "plate", "backbone": "toy", "count": 20})
    told = of_kind(Teaching, came)
    assert {message.progress.state for message in told} == {"collecting", "fitting", "ready"}
    assert {message.camera for message in told} == {"camera"}
    judged = of_kind(Result, came)
    gaps_ns = [after.mono_ns - before.mono_ns for before, after in zip(judged, judged[1:], strict=False)]
    assert len(judged) > 20 and max(gaps_ns) < 2e9, "no verdict waited for it"
    ready = progress(asker)
    assert (ready["state"], ready["taken"], ready["camera"]) == ("ready", 20, "camera")
    assert set(ready["refused"]) <= {"moving", "seen"}
    version = store.newest("plate")
    assert (str(version), version.active) == (ready["model"], False)
    assert asker.ask("status")["status"]["teaching"] == ready


def test_who_stops_keeps_the_pictures_and_goes_on_later(station: RunningStation, tmp_path: Path) -> None:
    asker = station.asker()
    start = {"action": "start", "name": "plate", "count": 24, "timeout_s": 10.0}
    asker.ask("teach", **start)
    with pytest.raises(BusError, match="busy: plate is being taught; wait until it is over, or stop it"):
        asker.ask("teach", **start)
    wait_for(asker, lambda now: now["taken"] > 0)
    assert os.getpriority(os.PRIO_PROCESS, teacher_of(station)) == 10
    asker.ask("teach", action="stop", timeout_s=10.0)
    stopped = progress(asker)
    assert (stopped["state"], stopped["reason"]) == ("stopped", "it was stopped")
    kept = len(list((tmp_path / "state" / "teaching" / "plate" / "pictures").glob("*.json")))
    assert kept >= stopped["taken"] > 0
    asker.ask("teach", **start)
    os.kill(teacher_of(station), signal.SIGKILL)
    failed = wait_for_end(asker)
    assert (failed["state"], failed["reason"]) == ("failed", "it ended with -9")
    asker.ask("pause")  # the operator's choice: frames are taken all the same
    asker.ask("teach", **start)
    assert wait_for(asker, lambda now: now["taken"] > 0)["taken"] >= kept
    wait_for(asker, lambda now: now["taken"] > kept or now["state"] == "ready")
    asked_s = time.monotonic()
    teacher = teacher_of(station)
    station.signal(signal.SIGTERM)
    assert time.monotonic() - asked_s < 5.0
    assert not Path(f"/proc/{teacher}").exists()


def wait_for_end(asker: Asker) -> Progress:
    deadline_s = time.monotonic() + START_S
    while (found := progress(asker))["state"] == "collecting":
        assert time.monotonic() < deadline_s, found
        time.sleep(0.05)
    return found


def test_what_cannot_be_taught_is_refused_at_once(station: RunningStation, tmp_path: Path) -> None:
    asker = station.asker()
    refused = {
        "bad_request: Value error, start needs the name": {},
        "refused: no camera 'side'; here are: camera": {"name": "plate", "camera": "side"},
        "refused: no backbone 'other'; here are: toy": {"name": "plate", "backbone": "other"},
        "bad_request: backbone": {"name": "plate", "backbone": "../../etc/toy"},
        "bad_request: name": {"name": "../plate"},
    }
    for message, fields in refused.items():
        with pytest.raises(BusError, match=f"teach was refused: {message}"):
            asker.ask("teach", action="start", **fields)
    shutil.rmtree(tmp_path / "state" / "backbones")
    with pytest.raises(BusError, match="there is no backbone; copy a backbone's .xml and .bin to"):
        asker.ask("teach", action="start", name="plate")
    assert asker.ask("teach", action="status")["teaching"] is None
