"""Whether a station has what it needs to run."""

from __future__ import annotations

from pathlib import Path

from edge.config.key_folder import key_folder_of
from edge.config.station import StationConfig
from edge.errors import ConfigError
from edge.models.names import NEWEST, Reference, is_reference


def require_runnable(station: StationConfig) -> None:
    """Raises ConfigError unless the station has cameras, each with a model whose files exist, and keys if needed.

    Keys that are damaged or open to others raise SecurityError.
    """
    if folder := key_folder_of(station):
        folder.check()
    if not station.cameras:
        if station.model is None:
            raise ConfigError("no model is set", hint="give --model, or model in the station file")
        _require_model(station.model)
        raise ConfigError("no camera is set", hint="give --camera, or a [[cameras]] table in the station file")
    for model in dict.fromkeys(camera.model or station.model for camera in station.cameras):
        if model is None:
            raise ConfigError("no model is set", hint="give --model, or model in the station file")
        _require_model(model)


def _require_model(model: Path) -> None:
    if is_reference(str(model)):  # one of the store, which says itself what it lacks
        name = Reference.of(str(model))
        if name.version == NEWEST:  # it would judge with what nobody made active
            raise ConfigError(f"a station does not run {name}", hint=f"activate it, then run {name.name}")
        return
    if model.suffix != ".xml":
        hint = "--model takes the .xml of a bundle, or the name of a model in the store"
        raise ConfigError(f"{str(model)!r} is not an .xml file", hint=hint)
    for path in (model, model.with_suffix(".bin")):
        if not path.is_file():
            raise ConfigError(f"no such model file: {path}", hint="copy both the .xml and the .bin file there")
