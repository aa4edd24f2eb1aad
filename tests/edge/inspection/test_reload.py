"""Another model takes the place of the one that judges, while the station runs."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edge.errors import BusError
from edge.inference.bundle import load_bundle
from edge.messaging.asking import Asker
from edge.messaging.messages import Action, Health, Message, Result
from edge.models.names import Reference
from edge.models.store import ModelStore
from tests.edge import tiny_models
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation, of_kind, read_until

PACED = ("--fps", "50", "--loop")
StartWith = Callable[[Path], RunningStation]


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """With the versions 1, active, 2, which gives twice the scores, and 3, whose golden scores are false."""
    store = ModelStore(tmp_path / "state")
    for version, factor, golden in (("1", 1.0, True), ("2", 2.0, True), ("3", 3.0, False)):
        path = tiny_models.grey(tmp_path / version / "grey.xml", version=version, factor=factor, golden=golden)
        store.install(path, "grey")
    store.switch(store.find(Reference("grey", "1")))
    return store


@pytest.fixture
def start(run_station: RunStation, black_and_grey: Path, no_camera_faults: Path) -> StartWith:
    return lambda model: run_station(
        "--camera", str(black_and_grey), "--config", str(no_camera_faults), *PACED, model=model
    )


def version_is(version: str) -> Callable[[Message], bool]:
    return lambda message: isinstance(message, Result) and message.model.version == version


def grey_by(version: str) -> Callable[[Message], bool]:
    """The grey picture, whose score tells the versions apart."""
    return lambda message: version_is(version)(message) and isinstance(message, Result) and message.score > 0


def refusal(asker: Asker, **fields: object) -> str:
    with pytest.raises(BusError) as caught:
        asker.ask("reload", timeout_s=20, **fields)
    return str(caught.value)


def test_the_next_frames_go_to_the_model_that_was_activated_and_none_is_left_out(
    start: StartWith, store: ModelStore
) -> None:
    station = start(Path("grey"))
    asker = station.asker()
    with station.subscriber("") as reader:
        came = read_until(reader, grey_by("1"))
        store.switch(store.find(Reference("grey", "2")))
        assert asker.ask("reload", timeout_s=20)["ok"]
        came += read_until(reader, lambda m: isinstance(m, Action))
        came += read_until(reader, grey_by("2"))
        came += read_until(reader, grey_by("2"))
    results = of_kind(Result, came)
    assert [r.frame_seq for r in results] == list(range(results[0].frame_seq, results[-1].frame_seq + 1))
    grey = {r.model.version: r.score for r in results if r.score}
    assert grey["2"] == pytest.approx(2 * grey["1"])
    versions = [r.model.version for r in results]
    assert versions == sorted(versions), "not one frame goes back to the old model"
    (action,) = of_kind(Action, came)
    assert (action.who, action.command, action.camera) == ("local", "reload", "camera")
    assert (action.before["version"], action.after["version"]) == ("1", "2")
    status = asker.ask("status")["status"]
    assert status["cameras"]["camera"]["model"] == store.find(Reference("grey")).sha256
    assert [(h["component"], h["state"]) for h in status["health"]] == [("model", "ok")]
    (exchanged,) = station.events("model_exchanged")
    assert exchanged["camera"] == "camera"


def test_a_model_without_a_map_is_told_of_once_when_it_starts_to_judge(
    run_station: RunStation, store: ModelStore, black_and_grey: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "line.toml"
    cameras = [f'[[cameras]]\nname = "{name}"\nsource = "{black_and_grey}"\nloop = true\n' for name in "ab"]
    settings.write_text("".join(cameras), encoding="utf-8")
    station = run_station("--config", str(settings), model=Path("grey"))
    asker = station.asker()
    (told,) = station.events("no_heatmaps", 1)
    assert told["model"] == "grey" and told["reason"].startswith("this model has no anomaly map: no heatmaps")
    asker.ask("reload", timeout_s=20, model="grey@2")
    asker.ask("reload", timeout_s=20)  # the same again is no news
    assert len(station.events("model_exchanged", 2)) >= 2
    station.signal(signal.SIGTERM)
    assert len(station.events("no_heatmaps")) == 2  # of versions 1 and 2


def test_a_version_that_is_named_becomes_the_active_one_and_survives_a_restart(
    start: StartWith, store: ModelStore
) -> None:
    asker = start(Path("grey")).asker()
    asker.ask("reload", timeout_s=20, model="grey@2")
    assert store.find(Reference("grey", "2")).active and store.previous("grey").card is not None
    assert asker.ask("status")["status"]["models"][0]["card"]["version"] == "2"
    activated, exchanged = asker.ask("actions")["actions"]
    assert (activated["before"]["active"], activated["after"]["active"]) == ("grey@1", "grey@2")
    assert (exchanged["camera"], exchanged["after"]["version"]) == ("camera", "2")
    asker.ask("reload", timeout_s=20)  # nothing is other than before
    assert asker.ask("status")["status"]["models"][0]["card"]["version"] == "2"


def test_of_two_models_with_one_version_the_one_that_is_named_by_its_digest_becomes_active(
    start: StartWith, store: ModelStore, tmp_path: Path
) -> None:
    one = store.find(Reference("grey", "1"))
    other = store.install(tiny_models.grey(tmp_path / "other" / "grey.xml", version="1", factor=4.0), "grey")
    assert str(other) == str(one)
    asker = start(Path("grey")).asker()
    asker.ask("reload", timeout_s=20, model=f"grey@{other.sha256[:12]}")
    assert store.find(Reference("grey")).sha256 == other.sha256
    activated, _ = asker.ask("actions")["actions"]
    assert (activated["before"]["sha256"], activated["after"]["sha256"]) == (one.sha256, other.sha256)


SLOW_COMPILER = """
import sys, threading
from edge.inference import engine
compiled, started = engine.Engine.__init__, []
def slow(self, *given, **options):
    if started:
        print("compiling", file=sys.stderr, flush=True)
        threading.Event().wait(20)
    started.append(self)
    compiled(self, *given, **options)
engine.Engine.__init__ = slow
from edge.cli import main
main()
"""


def test_a_stop_waits_for_no_compiler_and_the_asker_is_told(
    run_station: RunStation, store: ModelStore, black_and_grey: Path, no_camera_faults: Path
) -> None:
    given = ("--camera", str(black_and_grey), "--config", str(no_camera_faults), *PACED)
    station = run_station(*given, model=Path("grey"), program=(sys.executable, "-c", SLOW_COMPILER))
    asker = station.asker()
    with ThreadPoolExecutor(1) as other:
        told = other.submit(refusal, asker, model="grey@2")
        deadline_s = time.monotonic() + 20
        while "compiling" not in station.other_lines:
            assert time.monotonic() < deadline_s
            time.sleep(0.01)
        assert station.signal(signal.SIGTERM) < 1.5
        assert told.result() == "reload was refused: not_ready: the station stops"
    assert (station.process.returncode, station.other_lines) == (0, ["compiling"])
    assert station.event("stopped") and store.find(Reference("grey", "1")).active


def test_what_cannot_be_recorded_is_not_activated(start: StartWith, store: ModelStore) -> None:
    station = start(Path("grey"))
    asker = station.asker()
    asker.ask("pause", timeout_s=20)
    _, hard = resource.prlimit(station.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(station.process.pid, resource.RLIMIT_FSIZE, (4096, hard))  # small files can be written still
    assert "failed: cannot write" in refusal(asker, model="grey@2")
    resource.prlimit(station.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert store.find(Reference("grey")) == store.find(Reference("grey", "1"))
    status = asker.ask("status")["status"]
    assert status["models"][0]["card"]["version"] == "1"
    (told,) = (health for health in status["health"] if health["component"] == "model")
    assert told["state"] == "degraded"
    assert told["reason"].startswith("reload failed, the old model goes on: cannot write")


def test_a_model_that_fails_its_trial_judges_no_frame_and_the_old_one_goes_on(
    start: StartWith, store: ModelStore
) -> None:
    station = start(Path("grey"))
    asker = station.asker()
    with station.subscriber("") as reader:
        read_until(reader, version_is("1"))
        said = refusal(asker, model="grey@3")
        assert said.startswith("reload was refused: failed: grey 3 failed its trial: ")
        came = read_until(reader, lambda m: isinstance(m, Health) and m.component == "model")
        came += read_until(reader, version_is("1"))
        (health,) = of_kind(Health, came)
        assert (health.state, health.reason[:39]) == ("degraded", "reload failed, the old model goes on: g")
        assert store.find(Reference("grey", "1")).active
        assert asker.ask("status")["status"]["models"][0]["card"]["version"] == "1"
        asker.ask("reload", timeout_s=20, model="grey@2")
        read_until(reader, lambda m: isinstance(m, Health) and m.state == "ok")
    assert {r.model.version for r in of_kind(Result, came)} == {"1"}
    assert station.events("model_exchanged", 1)[0]["sha256"] == store.find(Reference("grey")).sha256


def test_files_that_were_exchanged_at_their_path_are_taken_and_damaged_ones_are_not(
    start: StartWith, store: ModelStore, tmp_path: Path
) -> None:
    model = tmp_path / "line" / "grey.xml"
    shutil.copytree(tmp_path / "1", model.parent)
    asker = start(model).asker()
    shutil.copy(tmp_path / "2" / "grey.xml", model)
    assert "belongs to another .xml" in refusal(asker)
    shutil.copy(tmp_path / "2" / "grey.bin", model.with_suffix(".bin"))
    asker.ask("reload", timeout_s=20)
    assert asker.ask("status")["status"]["models"][0]["sha256"] == load_bundle(model).sha256
    said = refusal(asker, model="grey")
    assert said.startswith("reload was refused: no camera runs grey of the store; they run: camera /")


def test_a_version_that_was_swapped_for_another_is_neither_started_nor_reloaded(
    run_station: RunStation, start: StartWith, store: ModelStore, black_and_grey: Path
) -> None:
    station = start(Path("grey"))
    asker = station.asker()
    one, two = (store.find(Reference("grey", version)) for version in "12")
    for suffix in (".xml", ".bin"):
        shutil.copy(one.path.with_suffix(suffix), two.path.with_suffix(suffix))
    another = "is another bundle than its folder says; install it with: edge-ad models install grey.xml"
    assert another in refusal(asker, model=f"grey@{two.sha256}"[:64])
    assert store.find(Reference("grey")) == one
    station.signal(signal.SIGTERM)
    store.switch(two)
    stopped = run_station("--camera", str(black_and_grey), model=Path("grey"), state=store.root.parent)
    assert stopped.wait() == 1 and another in stopped.other_lines[-1]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"camera": "left"}, "no camera 'left'; here are: camera"),
        ({"model": "label"}, "no camera runs label of the store; they run: camera grey; give"),
        ({"model": "grey@00000000"}, "failed: no model grey@00000000 in "),
        ({"model": "/etc/passwd"}, "bad_request: model"),
        ({"model": "../grey"}, "bad_request: model"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_no_fault_of_the_model(
    start: StartWith, store: ModelStore, fields: dict[str, str], said: str
) -> None:
    asker = start(Path("grey")).asker()
    assert refusal(asker, **fields).startswith(f"reload was refused: {said}")
    assert asker.ask("status")["status"]["health"] == []


def test_a_threshold_that_was_set_holds_for_its_model_alone(start: StartWith, store: ModelStore) -> None:
    asker = start(Path("grey")).asker()

    def threshold() -> float:
        return float(asker.ask("status")["status"]["cameras"]["camera"]["threshold"])

    asker.ask("set_threshold", threshold=900.0, reason="new light")
    asker.ask("reload", timeout_s=20, model="grey@2")
    assert threshold() == 1000.0
    asker.ask("reload", timeout_s=20, model="grey@1")
    assert threshold() == 900.0


def test_the_calibration_that_was_made_meanwhile_is_taken_without_compiling_anew(
    start: StartWith, store: ModelStore
) -> None:
    asker = start(Path("grey")).asker()
    version = store.find(Reference("grey"))
    card = load_bundle(version.path).card
    newer = card.calibration.model_dump(mode="json") | {"threshold": 77.0}
    content = {"schema": 1, "bundle_sha256": version.sha256, "calibration": newer}
    version.path.with_suffix(".calibration.json").write_text(json.dumps(content), encoding="utf-8")
    asker.ask("reload", timeout_s=20)
    assert asker.ask("status")["status"]["cameras"]["camera"]["threshold"] == 77.0
