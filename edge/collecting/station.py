"""A camera of a station file, for commands that use one without running the station."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from edge.config.camera import StationCamera
from edge.config.load import load_station
from edge.errors import ConfigError


def camera_of_station(config: Path, name: str, changes: Mapping[str, object]) -> StationCamera:
    """Reads one ``[[cameras]]`` table.

    Args:
        config: the station file.
        name: of the camera.
        changes: what the command line gave, by key; None means not given.

    Raises:
        ConfigError: the file is wrong, or has no such camera.
    """
    names = [camera.name for camera in load_station(config, environ=os.environ, overrides={}).cameras]
    if name not in names:
        raise ConfigError(f"{config} has no camera named {name!r}", hint=f"it has: {' '.join(names) or 'none'}")
    number = names.index(name)
    overrides = {f"cameras.{number}.{key}": value for key, value in changes.items()}
    return load_station(config, environ=os.environ, overrides=overrides).cameras[number]
