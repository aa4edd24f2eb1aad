"""Loading a station's settings: the one place that says which origin wins."""

from __future__ import annotations

import json
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from edge.config.environment import environment
from edge.config.keys import find_key
from edge.config.layer import Layer, nested
from edge.config.station import StationConfig
from edge.config.station_file import station_file
from edge.errors import ConfigError

NO_FILE = Layer({}, place=str, spelling=str)


def load_station(
    config: Path | None, *, environ: Mapping[str, str], overrides: Mapping[str, object]
) -> StationConfig:
    """Loads a station: command line > environment > file > default.

    Args:
        config: the station file; None where there is none.
        environ: the environment; only ``EDGE_AD_*`` is read.
        overrides: what the command line gave, by dotted key (``bus.events``); None means not given. The keys
            ``camera.source``, ``camera.fps``, ... are those of the one camera of a command line: they change
            the only camera below, and ``camera.source`` otherwise replaces all cameras.

    Raises:
        ConfigError: the file cannot be read, or a key or value is wrong; one line with file and line, key,
            value and reason.
    """
    file = station_file(config) if config else NO_FILE
    layers = _with_one_camera([command_line(overrides), environment(environ), file])
    for layer in layers:
        layer.refuse_unknown_keys()
    settings = ChainMap(*(dict(layer.values) for layer in layers))
    try:
        # JSON, because strict JSON takes a text for a path and a list for a tuple, but no text for a number.
        return StationConfig.model_validate_json(json.dumps(nested(settings), default=str), strict=True)
    except ValidationError as error:
        raise _complaint(error.errors()[0], layers) from error


def command_line(overrides: Mapping[str, object]) -> Layer:
    """The options that were given; those left out are None and do not count."""
    given = {key: value for key, value in overrides.items() if value is not None}
    return Layer(given, place=lambda key: f"command line: {key}", spelling=str)


def _with_one_camera(layers: list[Layer]) -> list[Layer]:
    """Turns the ``camera.*`` of the command line, which comes first, into a camera of the list."""
    first, *below = layers
    asked = {key: value for key, value in first.values.items() if key.startswith("camera.")}
    if not asked:
        return layers
    numbers = {key.split(".")[1] for layer in below for key in layer.values if key.startswith("cameras.")}
    if len(numbers) != 1:
        if "camera.source" not in asked:
            raise ConfigError(
                f"{first.place(next(iter(asked)))}: which of {len(numbers)} cameras is meant?",
                hint="give --camera too, or set it in the station file",
            )
        below = [_without_cameras(layer) for layer in below]
    camera = "cameras." + (numbers.pop() if len(numbers) == 1 else "0")
    named = {
        key.replace("camera", camera, 1) if key in asked else key: value for key, value in first.values.items()
    }
    return [replace(first, values=named), *below]


def _without_cameras(layer: Layer) -> Layer:
    kept = {key: value for key, value in layer.values.items() if not key.startswith("cameras.")}
    return replace(layer, values=kept)


def _complaint(error: ErrorDetails, layers: list[Layer]) -> ConfigError:
    """One line about the first wrong value: where it was set, what it is, what it must be."""
    key = ".".join(str(part) for part in error["loc"])
    if not key:  # JSON itself was refused: only bytes that are no text can do that
        return ConfigError("a value on the command line or in the environment is not UTF-8 text")
    place = _origin(key, layers).place(key)
    known = find_key(key)
    if known is None:
        return ConfigError(f"{place}: {_reason(error)}")
    hint = known.field.description or ""
    if error["type"] == "missing":
        return ConfigError(f"{place}: is missing", hint=hint)
    if error["type"] == "string_type" and isinstance(error["input"], int | float):
        hint = "write it in quotes"
    return ConfigError(f"{place} = {_shown(error['input'])}: {_reason(error)}", hint=hint)


def _origin(key: str, layers: list[Layer]) -> Layer:
    """The layer that set a key; of a key that none sets, the layer with the table that lacks it."""
    for name in (key, key.rpartition(".")[0]):
        for layer in layers:
            if layer.has(name):
                return layer
    return layers[-1]


def _reason(error: ErrorDetails) -> str:
    if error["type"] == "string_pattern_mismatch":
        return "not of the right form"
    if error["type"] == "tuple_type" and error["loc"] == ("cameras",):
        return "cameras must be numbered from 0 without a gap"
    if error["type"] == "tuple_type":
        return "must be a list; a polygon is [[x, y], [x, y], [x, y]], and several of them are a list of polygons"
    if error["type"] == "too_short":
        return f"needs at least {error['ctx']['min_length']}, has {error['ctx']['actual_length']}"
    return error["msg"].replace("Input should", "must").removeprefix("Value error, ")


def _shown(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
