"""configs/station.toml shows every key, with its default where there is one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from edge.config.camera import StationCamera
from edge.config.keys import KEYS
from edge.config.layer import flat
from edge.config.load import load_station
from edge.config.station import StationConfig

EXAMPLE = Path(__file__).parents[2] / "configs" / "station.toml"


def test_as_it_stands_it_sets_nothing_but_defaults() -> None:
    station = load_station(EXAMPLE, environ={}, overrides={})
    assert station == StationConfig(cameras=(StationCamera(source="0"),))


def test_with_its_examples_switched_on_it_sets_every_key(tmp_path: Path) -> None:
    text = re.sub(r"^# ([a-z_]+ = )", r"\1", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    complete = tmp_path / "station.toml"
    complete.write_text(text, encoding="utf-8")
    load_station(complete, environ={}, overrides={})
    shown = {re.sub(r"\.\d+\.", ".*.", key) for key, _ in flat(tomllib.loads(text))}
    assert shown == set(KEYS)
