"""A reload that waits for the disk, and what else is asked for meanwhile."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.errors import BusError
from edge.inference.bundle import load_bundle
from edge.messaging.asking import Asker
from edge.models.names import Reference
from edge.models.store import ModelStore, Version
from tests.edge import tiny_models
from tests.edge.conftest import RunStation
from tests.edge.running_station import RunningStation

RELOAD_S = 20.0


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """With the versions 1, active, and 2."""
    store = ModelStore(tmp_path / "state")
    for version, factor in (("1", 1.0), ("2", 2.0)):
        store.install(tiny_models.grey(tmp_path / version / "grey.xml", version=version, factor=factor), "grey")
    store.switch(version_of(store, "1"))
    return store


@pytest.fixture
def station(run_station: RunStation, store: ModelStore, black_and_grey: Path) -> RunningStation:
    return run_station("--camera", str(black_and_grey), "--fps", "20", "--loop", model=Path("grey"))


def version_of(store: ModelStore, version: str) -> Version:
    return store.find(Reference("grey", version))


@contextmanager
def held(store: ModelStore) -> Iterator[None]:
    """No other version can become the active one: a reload waits once that is on record, and before it is done."""
    lock = os.open(store.root, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def wait_for_records(asker: Asker, count: int) -> None:
    deadline_s = time.monotonic() + RELOAD_S
    while len(asker.ask("actions", timeout_s=RELOAD_S)["actions"]) < count:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def in_force(asker: Asker) -> tuple[str, float]:
    """The version that judges, and its threshold."""
    status = asker.ask("status", timeout_s=RELOAD_S)["status"]
    return status["models"][0]["card"]["version"], status["cameras"]["camera"]["threshold"]


def test_until_one_reload_is_in_force_or_failed_another_is_busy(
    station: RunningStation, store: ModelStore
) -> None:
    asker, other = station.asker(), station.asker()
    with ThreadPoolExecutor(1) as pool:
        with held(store):
            first = pool.submit(asker.ask, "reload", timeout_s=RELOAD_S, model="grey@2")
            wait_for_records(other, 1)
            with pytest.raises(BusError, match="busy: another reload is under way"):
                other.ask("reload", timeout_s=RELOAD_S, model="grey@1")
        assert first.result()["ok"] and in_force(asker)[0] == "2" and version_of(store, "2").active
        with held(store):
            second = pool.submit(asker.ask, "reload", timeout_s=RELOAD_S, model="grey@1")
            wait_for_records(other, 3)
            shutil.rmtree(version_of(store, "1").path.parent)
        with pytest.raises(BusError, match="failed: grey@1 was removed meanwhile"):
            second.result()
    assert other.ask("reload", timeout_s=RELOAD_S)["ok"] and in_force(other)[0] == "2"


def test_a_threshold_that_is_set_while_a_reload_waits_for_the_disk_is_in_force_after_it(
    station: RunningStation, store: ModelStore
) -> None:
    asker, other, third = station.asker(), station.asker(), station.asker()
    assert in_force(asker) == ("1", 1000.0)
    one = version_of(store, "1")
    newer = load_bundle(one.path).card.calibration.model_dump(mode="json") | {"threshold": 950.0}
    content = {"schema": 1, "bundle_sha256": one.sha256, "calibration": newer}
    one.path.with_suffix(".calibration.json").write_text(json.dumps(content), encoding="utf-8")
    store.switch(version_of(store, "2"))
    with ThreadPoolExecutor(2) as pool:
        with held(store):
            reload = pool.submit(asker.ask, "reload", timeout_s=RELOAD_S, model="grey@1")
            wait_for_records(third, 1)
            setting = pool.submit(
                other.ask, "set_threshold", timeout_s=RELOAD_S, threshold=700.0, reason="new light"
            )
            wait([setting], timeout=0.5)  # time enough to overtake the reload
        assert reload.result()["ok"] and setting.result()["ok"]
    assert in_force(asker) == ("1", 700.0)
    changes = asker.ask("actions", timeout_s=RELOAD_S)["actions"]
    assert [change["command"] for change in changes] == ["reload", "reload", "set_threshold"]
    assert [(change["before"]["threshold"], change["after"]["threshold"]) for change in changes[1:]] == [
        (1000.0, 950.0),
        (950.0, 700.0),
    ]
