"""The station that is to run here: its settings, its addresses, its model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edge.config.load import load_station
from edge.config.station import StationConfig
from edge.doctor.check import Check, Status
from edge.errors import BusError, EdgeAdError


def settings(config: Path | None, environ: Mapping[str, str]) -> tuple[Check, StationConfig]:
    """Whether the settings can be loaded; and the settings, or the defaults where they cannot."""
    try:
        station = load_station(config, environ=environ, overrides={})
    except EdgeAdError as error:
        return Check("settings", Status.FAIL, error.message, error.hint), StationConfig()
    return Check("settings", Status.OK, str(config or "defaults; no --config was given")), station


def address(option: str, where: str) -> Check:
    """Whether an address can be bound as the daemon would; it is free again once ``sockets.leave`` was called.

    Args:
        option: ``--events``, ``--heatmaps`` or ``--control``.
        where: the address.
    """
    import zmq

    from edge.messaging.sockets import bind

    name = f"address {option.removeprefix('--')}"
    if where.startswith("ipc://"):  # binding would take the file away from a running station
        return Check(name, Status.OK, f"{where} (not tried)")
    try:
        bind(zmq.XPUB, where, option, hwm=1, largest_message=1).close(linger=0)
    except BusError as error:
        return Check(name, Status.WARN, error.message, error.hint)
    except EdgeAdError as error:
        return Check(name, Status.FAIL, error.message, error.hint)
    return Check(name, Status.OK, f"{where} is free")


def model(path: Path | None) -> Check:
    """Whether the bundle is whole and this install can read it."""
    if path is None:
        return Check("model", Status.OK, "not looked at; give --model")
    from edge.inference.bundle import load_bundle

    try:
        bundle = load_bundle(path)
    except EdgeAdError as error:
        return Check("model", Status.FAIL, error.message, error.hint)
    card = bundle.card
    kind = f"{card.model}, {card.precision}, {card.height} x {card.width} px"
    found = f"{card.name} {card.version}: {kind}, threshold {card.calibration.threshold:.4g}"
    if bundle.doubt:
        mend = "compare the sha256 of both files with those where they were exported"
        return Check("model", Status.WARN, f"{found}; {bundle.doubt}", mend)
    return Check("model", Status.OK, found)
