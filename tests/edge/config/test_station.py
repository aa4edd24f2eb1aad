"""The models of a station agree with the rooms that use them, and no value gets past them unnoticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.config.keys import KEYS
from edge.config.load import load_station
from edge.config.station import BusOptions, StationConfig
from edge.errors import ConfigError, UsageError
from edge.messaging import sockets

NAMES = st.sampled_from([name.replace("*", "0") for name in KEYS]) | st.from_regex(
    r"[a-z_.0-9]{1,12}", fullmatch=True
)
VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.lists(st.integers(), max_size=2)
)


def test_the_default_addresses_are_those_of_the_bus() -> None:
    bus = BusOptions()
    assert (bus.events, bus.heatmaps, bus.control) == (sockets.EVENTS, sockets.HEATMAPS, sockets.CONTROL)


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("tcp://127.0.0.1:5556", True),
        ("tcp://[::1]:5556", True),
        ("tcp://127.0.0.1:*", True),
        ("ipc:///run/edge-ad/events", True),
        ("127.0.0.1:5556", False),
        ("tcp://127.0.0.1", False),
        ("udp://127.0.0.1:1", False),
        ("tcp://127.0.0.1:5556 ", False),
    ],
)
def test_an_address_is_understood_here_exactly_where_the_bus_understands_it(address: str, good: bool) -> None:
    if good:
        sockets.check_address(address)
        assert BusOptions(events=address).events == address
    else:
        with pytest.raises(UsageError):
            sockets.check_address(address)
        with pytest.raises(ValidationError):
            BusOptions(events=address)


@given(st.dictionaries(NAMES, VALUES, max_size=3), st.dictionaries(NAMES, st.text(max_size=8), max_size=2))
@settings(max_examples=150, deadline=None)
def test_any_settings_give_a_station_or_one_line(overrides: dict[str, object], variables: dict[str, str]) -> None:
    environ = {"EDGE_AD_" + name.upper().replace(".", "__"): text for name, text in variables.items()}
    try:
        assert isinstance(load_station(None, environ=environ, overrides=overrides), StationConfig)
    except ConfigError as error:
        assert error.message


@given(text=st.lists(st.tuples(NAMES, VALUES.filter(lambda value: value is not None)), max_size=3))
@settings(max_examples=150, deadline=None)
def test_any_file_gives_a_station_or_one_line_that_names_the_file(
    tmp_path_factory: pytest.TempPathFactory, text: list[tuple[str, object]]
) -> None:
    file = Path(tmp_path_factory.getbasetemp()) / "any.toml"
    file.write_text("\n".join(f"{name} = {json.dumps(value)}" for name, value in text), encoding="utf-8")
    try:
        load_station(file, environ={}, overrides={})
    except ConfigError as error:
        assert str(error).startswith(f"{file}:")
