"""Whether a station has what it needs to run."""

from __future__ import annotations

from edge.config.station import StationConfig
from edge.errors import ConfigError


def require_runnable(station: StationConfig) -> None:
    """Raises ConfigError unless the station has a model whose files exist, and a camera."""
    if station.model is None:
        raise ConfigError("no model is set", hint="give --model, or model in the station file")
    if station.model.suffix != ".xml":
        raise ConfigError(f"{str(station.model)!r} is not an .xml file", hint="--model takes the .xml of a bundle")
    for path in (station.model, station.model.with_suffix(".bin")):
        if not path.is_file():
            raise ConfigError(f"no such model file: {path}", hint="copy both the .xml and the .bin file there")
    if not station.cameras:
        raise ConfigError("no camera is set", hint="give --camera, or a [[cameras]] table in the station file")
