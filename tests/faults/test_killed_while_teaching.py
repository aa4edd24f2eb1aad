"""``kill -9`` while a product is taught: the station judges on, no model is there in part, no picture is lost."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.inference.bundle import load_bundle
from edge.messaging.asking import Asker
from edge.models.store import ModelStore
from edge.teaching.backbone import write_backbone
from edge.teaching.session import Session
from tests.edge import tiny_models
from tests.edge.cameras.capturing import gone
from tests.edge.inspection.test_teaching import teacher_of
from tests.edge.running_station import START_S, RunningStation, clean_environment
from tests.edge.teaching.conftest import toy_card, toy_graph
from tests.edge.teaching.parts import parts, written
from tests.faults.conftest import CYCLES, Report

KILLS = CYCLES if CYCLES > 5 else 2
PICTURES = 30
LONGEST_S = {"collecting": 0.3, "fitting": 0.6}  # about what each takes


@pytest.fixture
def backbone(tmp_path: Path) -> Path:
    return write_backbone(toy_graph(), toy_card(), tmp_path / "toy.xml").path


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    return written(tmp_path / "camera", parts(PICTURES + 10))


def command_for(name: str, camera: Path, backbone: Path, state: Path) -> list[str]:
    command = [sys.executable, "-m", "edge", "teach", "--camera", str(camera), "--json"]
    options = ["--name", name, "--backbone", str(backbone), "--state-dir", str(state), "--count", str(PICTURES)]
    return [*command, *options]


def killed_in(wanted: str, seconds: float, command: list[str]) -> str:
    """Kills it some time after it said that it is in a state; returns the last state it said."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=clean_environment(), text=True) as child:
        assert child.stdout is not None
        lines = []
        for line in child.stdout:
            lines.append(line)
            if f'"state":"{wanted}"' in line:
                break
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        lines += [line for line in child.stdout if line.endswith("}\n")]
    return str(json.loads(lines[-1])["state"])


def require_whole(folder: Path, store: ModelStore, name: str) -> int:
    """Checks every picture and every model that is there; returns how many pictures."""
    with Session(folder) as session:
        kept = len(session.pictures)
        assert len(list(session.read(session.pictures))) == kept
    for version in store.versions(name):
        assert load_bundle(version.path).sha256 == version.sha256
        assert not version.active
    return kept


def test_a_kill_at_any_moment_loses_no_picture_and_the_same_command_goes_on(
    camera: Path, backbone: Path, tmp_path: Path, report: Report
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # shown where the test fails
    chance = random.Random(seed)  # noqa: S311
    state = tmp_path / "state"
    store, killed, product, kept_before = ModelStore(state), Counter[str](), 0, 0
    for _ in range(KILLS):
        name = f"plate-{product}"
        wanted = "fitting" if kept_before == PICTURES else chance.choice(["collecting", "fitting"])
        command = command_for(name, camera, backbone, state)
        was = killed_in(wanted, chance.uniform(0.0, LONGEST_S[wanted]), command)
        killed[was] += 1
        kept = require_whole(state / "teaching" / name, store, name)
        assert kept >= kept_before, "a picture is lost"
        product, kept_before = (product + 1, 0) if was == "ready" else (product, kept)
    name = f"plate-{product}"
    command = command_for(name, camera, backbone, state)
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert require_whole(state / "teaching" / name, store, name) == PICTURES
    assert not list((state / "teaching" / name).rglob(".*")), "what the kills left is swept away"
    moments = ", ".join(f"{number} while {was}" for was, number in sorted(killed.items()))
    report(f"{KILLS} kills while teaching ({moments}): 0 pictures lost, 0 models in part (seed {seed})")


def test_a_station_that_is_killed_takes_its_teacher_along_and_goes_on_after_a_restart(
    camera: Path, backbone: Path, tmp_path: Path, report: Report
) -> None:
    state = tmp_path / "state"
    (state / "backbones").mkdir(parents=True)
    for path in (backbone, backbone.with_suffix(".bin")):
        shutil.copy(path, state / "backbones")
    model = tiny_models.grey(tmp_path / "grey.xml")
    kept = 0
    for start in range(2):
        with closing(RunningStation(model, state, "--camera", str(camera), "--fps", "20", "--loop")) as station:
            asker = station.asker()
            asker.ask("teach", action="start", name="plate", count=PICTURES, timeout_s=10.0)
            if start == 1:
                assert progress_once(asker, lambda now: now["taken"] > 0)["taken"] >= kept > 0
                assert progress_once(asker, lambda now: now["state"] == "ready")["taken"] == PICTURES
                break
            teacher = teacher_of(station)
            kept = progress_once(asker, lambda now: now["taken"] > 0)["taken"]
            station.signal(signal.SIGKILL)
            killed_s = time.monotonic()
            while not gone(teacher):
                assert time.monotonic() - killed_s < START_S, "it was left behind"
                time.sleep(0.05)
            took_s = time.monotonic() - killed_s
    report(f"station killed while teaching: its teacher ended {took_s:.1f} s later with {kept} pictures kept")


def progress_once(asker: Asker, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline_s = time.monotonic() + START_S
    while not reached(now := asker.ask("teach", action="status", timeout_s=10.0)["teaching"]):
        assert time.monotonic() < deadline_s and now["state"] != "failed", now
        time.sleep(0.05)
    return dict(now)
