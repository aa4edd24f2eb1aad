"""Which model a command is about: a file, or what judges at a camera of a station file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from edge.config.camera import StationCamera
from edge.config.load import load_station
from edge.config.station import StationConfig
from edge.errors import ConfigError, UsageError
from edge.inspection.models import model_of
from edge.models.locate import locate, store_of


@dataclass(frozen=True)
class Chosen:
    """A model and where it judges.

    Attributes:
        model: the .xml file.
        config: the station; that of the environment where no file was given.
        camera: the one that is meant; None where no station file was given, or it has several with this model.
        cameras: names of all cameras of the station that run this model.
    """

    model: Path
    config: StationConfig
    camera: StationCamera | None
    cameras: tuple[str, ...]


def chosen(model: Path | None, config: Path | None, camera: str | None) -> Chosen:
    """Finds it.

    Args:
        model: the .xml file of a bundle, or a name of the station's store; that of the station file if None.
        config: station file.
        camera: name of one of its cameras.

    Raises:
        UsageError: neither model nor station file, a camera without one, or it is not clear which camera is meant.
        ConfigError: the station file is wrong, or has no such camera.
        BundleError: the store has no such model.
    """
    if model is None and config is None:
        raise UsageError("no model was given", hint="--model bottle.xml, or --config with a station file")
    if camera is not None and config is None:
        raise UsageError(f"camera {camera!r} is of no station", hint="give its station file with --config")
    station = load_station(config, environ=os.environ, overrides={"model": model})
    if not station.cameras or config is None:
        if station.model is None or camera is not None:
            raise ConfigError(f"{config} has no camera", hint="give its [[cameras]] tables, or --model alone")
        return Chosen(locate(station.model, store_of(station)), station, None, ())
    meant = [each for each in station.cameras if camera in (None, each.name)]
    if not meant:
        names = " ".join(each.name for each in station.cameras) or "none"
        raise ConfigError(f"{config} has no camera named {camera!r}", hint=f"it has: {names}")
    models = {each.name: model_of(each, station) if model is None else model for each in meant}
    if len(set(models.values())) > 1:
        raise UsageError("which camera is meant?", hint=f"--camera with one of: {' '.join(models)}")
    named = models[meant[0].name]
    with_model = [each for each in station.cameras if each.model or station.model]
    same = tuple(each.name for each in with_model if model_of(each, station) == named)
    return Chosen(locate(named, store_of(station)), station, meant[0] if len(meant) == 1 else None, same)
