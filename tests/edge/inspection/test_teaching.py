"""Teaching by control, on a station that runs."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.cameras.capture import Capture
from edge.cameras.options import CameraOptions
from edge.config.line import LineOptions
from edge.errors import BusError, SignatureError, TeachingError
from edge.inspection.inspector import Inspector
from edge.inspection.teaching import BACKBONES, Teaching
from edge.inspection.turns import Turns
from edge.messaging import messages
from edge.messaging.asking import Asker
from edge.messaging.messages import Action, Result
from edge.messaging.requests import Teach
from edge.models.signature import create_signing_key, read_signing_key, write_signature
from edge.models.store import ModelStore
from edge.security.options import SecurityOptions
from edge.teaching.backbone import load_backbone, write_backbone
from edge.teaching.session import Session
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
        station = begin(server.url)
        teach_and_listen(station, ModelStore(tmp_path / "state"))
        with Session(tmp_path / "state" / "teaching" / "plate") as session:
            assert session.states[-1].added == {"camera camera": 20}, "of several cameras it is known which"
        server.show(parts(24))  # another part in each frame
        teach_in_motion(station.asker())


def teach_in_motion(asker: Asker) -> None:
    options = {"max_motion": 0.0, "min_change": 1.5, "min_relative_sharpness": 0.2}
    asker.ask("teach", action="start", name="moving", count=20, timeout_s=10.0, **options)
    wait_for(asker, lambda now: now["taken"] > 0)
    asker.ask("teach", action="stop", timeout_s=10.0)
    assert "moving" not in progress(asker)["refused"]


def teach_and_listen(station: RunningStation, store: ModelStore) -> None:
    asker = station.asker()
    assert asker.ask("teach", action="status")["teaching"] is None
    with station.subscriber("result/", "action/", "teaching/") as reader:
        read_until(reader, lambda message: isinstance(message, Result))
        asker.ask("teach", action="start", name="plate", count=20, timeout_s=10.0)
        came = read_until(reader, lambda m: isinstance(m, messages.Teaching) and m.progress.state == "ready")
    (action,) = of_kind(Action, came)
    assert (action.command, action.after) == ("teach", {"teaching": "plate", "backbone": "toy", "count": 20})
    told = of_kind(messages.Teaching, came)
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
        "no camera 'side'; here are: camera": {"name": "plate", "camera": "side"},
        "no backbone 'other'; here are: toy": {"name": "plate", "backbone": "other"},
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


@pytest.fixture
def teaching(tmp_path: Path) -> Iterator[Teaching]:
    """Of a station that takes signed models alone, with a backbone that nobody signed and a camera at rest."""
    require_signed = SecurityOptions(require_signed=True, trusted_keys=trusted(tmp_path))
    write_backbone(toy_graph(), toy_card(), new_folder(tmp_path / BACKBONES) / "toy.xml")
    camera = Capture(CameraOptions(source=str(tmp_path), name="top"))
    unused: Any = None
    inspector = Inspector(camera, unused, unused, Turns(1), unused, fail=unused, stopping=threading.Event())
    with Teaching(tmp_path, "CPU", LineOptions(), require_signed, {"top": inspector}, unused) as teaching:
        yield teaching


def new_folder(path: Path) -> Path:
    path.mkdir(mode=0o700)
    return path


def trusted(tmp_path: Path) -> Path:
    """The folder of the public keys; ``sign.pem`` beside it signs."""
    folder = new_folder(tmp_path / "trusted")
    create_signing_key(tmp_path / "sign.pem").rename(folder / "sign.pub.pem")
    return folder


def test_a_backbone_that_nobody_signed_is_refused_where_signatures_are_required(
    teaching: Teaching, tmp_path: Path
) -> None:
    start = Teach(id=1, command="teach", action="start", name="plate")
    backbone = tmp_path / BACKBONES / "toy.xml"
    with pytest.raises(SignatureError, match="toy.xml"):
        teaching.start(start)
    write_signature(backbone, load_backbone(backbone).sha256, read_signing_key(tmp_path / "sign.pem"))
    (change,) = teaching.start(start)
    assert change.after["teaching"] == "plate"
    Session(tmp_path / "teaching" / "plate", load_backbone(backbone)).close()
    (tmp_path / "teaching" / "plate" / "backbone.sig").unlink()
    again = start.model_copy(update={"add": True})
    with pytest.raises(SignatureError, match="backbone.xml"):  # the one that the product was begun with
        teaching.start(again)


def test_what_cannot_be_started_is_not_said_to_go_on(
    teaching: Teaching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backbone = tmp_path / BACKBONES / "toy.xml"
    write_signature(backbone, load_backbone(backbone).sha256, read_signing_key(tmp_path / "sign.pem"))
    (change,) = teaching.start(Teach(id=1, command="teach", action="start", name="plate"))
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(TeachingError, match="no process can be started"):
        change.apply()
    assert teaching.now is None
    assert [stop.camera for stop in teaching.stop()] == [None]
