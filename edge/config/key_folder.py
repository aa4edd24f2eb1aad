"""Where a station's keys are, and whether it must have some."""

from __future__ import annotations

from pathlib import Path

from edge.config.station import StationConfig
from edge.errors import ConfigError
from edge.messaging.outbox import default_state_dir
from edge.messaging.sockets import is_loopback
from edge.security.folder import KeyFolder


def key_folder_path(station: StationConfig) -> Path:
    """Where the keys are, or would be."""
    return station.security.keys or (station.state_dir or default_state_dir(station.station)) / "keys"


def key_folder_of(station: StationConfig) -> KeyFolder | None:
    """The keys of a station; None for a station that only this computer reaches and that has none.

    Raises:
        ConfigError: an address can be reached from the network, and there are no keys.
    """
    path = key_folder_path(station)
    if station.security.keys is not None or path.exists():
        return KeyFolder(path)
    bus = station.bus
    for key, address in (("events", bus.events), ("heatmaps", bus.heatmaps), ("control", bus.control)):
        if not is_loopback(address):
            raise ConfigError(
                f"{address} can be reached from the network, which needs keys; none are in {path}",
                hint=f"give --{key} a loopback address, or make keys with: "
                f"edge-ad keys create hmi-1 --role observe --keys-dir {path}",
            )
    return None
