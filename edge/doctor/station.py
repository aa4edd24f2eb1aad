"""The station that is to run here: its settings, its addresses, its model."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config.key_folder import key_folder_of
from edge.config.load import load_station
from edge.config.station import StationConfig
from edge.doctor.check import Check, Status
from edge.errors import BusError, EdgeAdError
from edge.security.folder import KeyFolder

if TYPE_CHECKING:
    from edge.security.authenticator import Authenticator


def settings(config: Path | None, environ: Mapping[str, str]) -> tuple[Check, StationConfig]:
    """Whether the settings can be loaded; and the settings, or the defaults where they cannot."""
    try:
        station = load_station(config, environ=environ, overrides={})
    except EdgeAdError as error:
        return Check("settings", Status.FAIL, error.message, error.hint), StationConfig()
    return Check("settings", Status.OK, str(config or "defaults; no --config was given")), station


def keys(station: StationConfig) -> tuple[Check, KeyFolder | None]:
    """Whether the station has keys where it needs some, and nobody else can read them; and where they are."""
    try:
        folder = key_folder_of(station)
        clients = folder.check() if folder is not None else []
    except EdgeAdError as error:
        return Check("keys", Status.FAIL, error.message, error.hint), None
    if folder is None:
        return Check("keys", Status.OK, "none; only this computer reaches the station"), None
    roles = ", ".join(f"{client.name} ({client.role})" for client in clients)
    if not clients:
        mend = f"edge-ad keys create hmi-1 --role observe --keys-dir {folder.path}"
        return Check("keys", Status.WARN, f"{folder.path} admits nobody", mend), folder
    return Check("keys", Status.OK, f"{folder.path}: {roles}"), folder


def addresses(station: StationConfig, folder: KeyFolder | None) -> Iterator[Check]:
    """Each address of the station; they are free again once ``sockets.leave`` was called."""
    from edge.security.authenticator import Authenticator

    bus, where = station.bus, station.metrics.address
    with Authenticator(folder) if folder is not None else nullcontext() as access:
        yield address("--events", bus.events, access)
        yield address("--heatmaps", bus.heatmaps, access)
        yield address("--control", bus.control, access)
    if where is not None:
        yield metrics_address(where)


def metrics_address(where: str) -> Check:
    """Whether the port of metrics is free."""
    host, _, port = where.rpartition(":")
    try:
        socket.create_server((host.strip("[]"), int(port)), family=_family(host)).close()
    except OSError as error:
        mend = "stop what holds it, such as a running station, or change metrics.address"
        return Check("address metrics", Status.WARN, f"{where}: {error.strerror}", mend)
    return Check("address metrics", Status.OK, f"{where} is free")


def address(option: str, where: str, access: Authenticator | None = None) -> Check:
    """Whether an address can be bound as the daemon would; it is free again once ``sockets.leave`` was called.

    Args:
        option: ``--events``, ``--heatmaps`` or ``--control``.
        where: the address.
        access: who admits clients, where the station has keys.
    """
    import zmq

    from edge.messaging.sockets import bind

    name = f"address {option.removeprefix('--')}"
    if where.startswith("ipc://"):  # binding would take the file away from a running station
        return Check(name, Status.OK, f"{where} (not tried)")
    try:
        bind(zmq.XPUB, where, option, hwm=1, largest_message=1, access=access).close(linger=0)
    except BusError as error:
        return Check(name, Status.WARN, error.message, error.hint)
    except EdgeAdError as error:
        return Check(name, Status.FAIL, error.message, error.hint)
    return Check(name, Status.OK, f"{where} is free")


def models(station: StationConfig, given: Path | None) -> Iterator[Check]:
    """The model that was given, else each of the station: whether it is whole, admitted and judges as exported."""
    paths = [given] if given else [camera.model or station.model for camera in station.cameras] or [station.model]
    for path in dict.fromkeys(paths):
        yield model(path, station)


def model(path: Path | None, station: StationConfig | None = None) -> Check:
    """Whether the bundle is whole, this install can read it, and the station's device gives its golden scores."""
    if path is None:
        return Check("model", Status.OK, "not looked at; give --model")
    from edge.inference.engine import Engine
    from edge.inspection.models import load_admitted
    from edge.models.trial import require_golden_scores

    station = station or StationConfig()
    try:
        bundle = load_admitted(station, path)
        card = bundle.card
        kind = f"{card.model}, {card.precision}, {card.height} x {card.width} px"
        found = f"{card.name} {card.version}: {kind}, threshold {card.calibration.threshold:.4g}"
        engine = Engine(bundle, device=station.device, precision=station.inference.precision)
        if card.golden is not None:
            require_golden_scores(engine)
            found += f"; scores on {engine.device} as at its export"
    except EdgeAdError as error:
        return Check("model", Status.FAIL, error.message, error.hint)
    if bundle.doubt:
        mend = "compare the sha256 of both files with those where they were exported"
        return Check("model", Status.WARN, f"{found}; {bundle.doubt}", mend)
    return Check("model", Status.OK, found)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if host.startswith("[") else socket.AF_INET
