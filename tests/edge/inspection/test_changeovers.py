"""A camera that is changed over to another product while the station runs, and stays so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.errors import BusError, ConfigError
from edge.inspection.changeovers import changed_over, keep_changeover
from edge.messaging.asking import Asker
from edge.models.names import Reference
from edge.models.store import ModelStore
from tests.edge import tiny_models
from tests.edge.running_station import RunningStation

BOTTLE, CELL = Path("bottle"), Path("cell")
Start = Callable[..., RunningStation]


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """Bottle 1, active, and cell 1 and 2, of which none is."""
    store = ModelStore(tmp_path / "state")
    for name, version, factor in (("bottle", "1", 1.0), ("cell", "1", 2.0), ("cell", "2", 3.0)):
        path = tiny_models.grey(tmp_path / f"{name}-{version}" / "grey.xml", version=version, factor=factor)
        store.install(path, name)
    store.switch(store.find(Reference("bottle", "1")))
    return store


@pytest.fixture
def start(store: ModelStore, black_and_grey: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts a station with the cameras top and side, one after another on the same state."""
    running: list[RunningStation] = []

    def start(*, top: str = "", side: str = "") -> RunningStation:
        for station in running:
            station.close()
        config = tmp_path / "line.toml"
        cameras = "".join(
            f'[[cameras]]\nname = "{name}"\nsource = "{black_and_grey}"\nfps = 20\nloop = true\n{own}\n'
            for name, own in (("top", top), ("side", side))
        )
        config.write_text(f"[faults]\nenabled = false\n{cameras}", encoding="utf-8")
        running.append(RunningStation(BOTTLE, store.root.parent, "--config", str(config)))
        return running[-1]

    yield start
    for station in running:
        station.close()


def judges(asker: Asker, store: ModelStore) -> dict[str, str]:
    """What judges at each camera, as NAME@VERSION."""
    cameras = asker.ask("status", timeout_s=10)["status"]["cameras"]
    named = {version.sha256: str(version) for version in store.versions()}
    return {name: named[camera["model"]] for name, camera in cameras.items()}


def test_a_camera_changes_its_product_keeps_it_over_a_restart_and_goes_back(
    start: Start, store: ModelStore
) -> None:
    asker = start().asker()
    assert asker.ask("reload", model="cell@2", camera="top", timeout_s=20)["ok"]
    assert judges(asker, store) == {"top": "cell@2", "side": "bottle@1"}
    (action, *_) = asker.ask("actions", timeout_s=10)["actions"][::-1]
    assert (action["camera"], action["after"]["version"]) == ("top", "2")
    again = start().asker()
    assert judges(again, store) == {"top": "cell@2", "side": "bottle@1"}
    with pytest.raises(
        BusError, match="no camera runs other of the store; they run: top cell, side bottle; give the camera"
    ):
        again.ask("reload", model="other", timeout_s=20)
    assert again.ask("reload", model="cell@1", timeout_s=20)["ok"], "its own product by its name alone"
    assert judges(again, store) == {"top": "cell@1", "side": "bottle@1"}
    assert again.ask("reload", model="bottle", camera="top", timeout_s=20)["ok"]
    assert again.ask("reload", timeout_s=20)["ok"]
    assert judges(again, store) == {"top": "bottle@1", "side": "bottle@1"}
    with pytest.raises(BusError, match="all cameras that run its model; leave out camera"):
        again.ask("reload", model="bottle@1", camera="top", timeout_s=20)


def test_a_camera_changes_to_another_product_also_where_its_model_is_the_same(
    start: Start, store: ModelStore
) -> None:
    store.switch(store.install(store.find(Reference("bottle")).path, "flask"))
    asker = start().asker()
    assert asker.ask("reload", model="flask", camera="top", timeout_s=20)["ok"]
    (action,) = asker.ask("actions", timeout_s=10)["actions"]
    assert (action["before"]["product"], action["after"]["product"]) == ("bottle", "flask")
    with pytest.raises(BusError, match="they run: top flask, side bottle; give the camera"):
        asker.ask("reload", model="other", timeout_s=20)


def test_settings_that_would_be_wrong_for_another_product_keep_it_away(start: Start, store: ModelStore) -> None:
    file = store.find(Reference("bottle")).path
    asker = start(top="threshold = 400.0", side=f'model = "{file}"').asker()
    with pytest.raises(BusError, match="the settings set a threshold for top, which means nothing for another"):
        asker.ask("reload", model="cell@2", camera="top", timeout_s=20)
    with pytest.raises(BusError, match="the settings of side name a file, so it cannot be changed over"):
        asker.ask("reload", model="cell@2", camera="side", timeout_s=20)
    assert judges(asker, store) == {"top": "bottle@1", "side": "bottle@1"}


def test_other_settings_end_a_changeover(tmp_path: Path) -> None:
    keep_changeover(tmp_path, "top", "cell", BOTTLE)
    assert changed_over(tmp_path, "top", BOTTLE) == CELL
    assert changed_over(tmp_path, "side", BOTTLE) == BOTTLE
    assert changed_over(tmp_path, "top", Path("can")) == Path("can")
    keep_changeover(tmp_path, "top", "bottle", BOTTLE)
    assert changed_over(tmp_path, "top", BOTTLE) == BOTTLE


def test_a_file_that_cannot_be_understood_is_named(tmp_path: Path) -> None:
    (tmp_path / "changeovers.json").write_text('{"schema": 1, "cameras": {"top": {"model": "../etc"}}}')
    with pytest.raises(ConfigError, match=r"changeovers.json cannot be understood; remove it to run what"):
        changed_over(tmp_path, "top", BOTTLE)
