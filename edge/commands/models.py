"""``edge-ad models``: the models of a station on this device."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.commands.options import typed_again

if TYPE_CHECKING:
    from edge.config.station import StationConfig
    from edge.models.store import Version

models = typer.Typer(
    rich_markup_mode=None,
    help="The models of a station: versions side by side, one of them active.\n\n"
    "\b\nExample:\n"
    "  edge-ad models install bottle.xml\n"
    "  edge-ad models activate bottle@20261122T020500Z\n"
    "  edge-ad models rollback bottle\n"
    "  edge-ad models kinds padim",
)

Config = Annotated[Path | None, typer.Option("--config", help="Station file (TOML).")]
Station = Annotated[str | None, typer.Option("--station", help="Name of the station.")]
StateDir = Annotated[Path | None, typer.Option("--state-dir", help="Folder with the station's models.")]
Device = Annotated[str | None, typer.Option("--device", help="AUTO, CPU, GPU or NPU: the one that will run.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
ModelRef = Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="See 'edge-ad models list'.")]


@models.command("install")
def install(
    model: Annotated[Path, typer.Argument(metavar="MODEL.xml", help="The .xml file of a bundle.")],
    name: Annotated[
        str | None, typer.Option("--name", help="In the store; that of the file if not given.")
    ] = None,
    activate_it: Annotated[bool, typer.Option("--activate", help="Make it the active version too.")] = False,
    config: Config = None,
    station: Station = None,
    state_dir: StateDir = None,
    device: Device = None,
) -> None:
    """Copy a bundle into the store, with its signature and its calibration, if it is whole and admitted.

    \b
    Example:
      edge-ad models install bottle.xml
      edge-ad models install export/bottle-int8.xml --name bottle --activate --config line-3.toml
    """
    from edge.models.activation import activate as make_active
    from edge.models.locate import store_of
    from edge.models.trust import admission

    settings = _settings(config, station, state_dir, device)
    store, admit = store_of(settings), admission(settings.security)
    version = store.install(model, name or model.stem, admit)
    typer.echo(f"installed {version} at {version.path}")
    if activate_it:
        typer.echo(f"active: {make_active(store, version, admit, device=settings.device)}")
    elif not version.active:
        again = typed_again(config=config, station=station, state_dir=state_dir, device=device)
        typer.echo(f"next: edge-ad models activate {version}{again}")


@models.command("list")
def list_models(
    config: Config = None, station: Station = None, state_dir: StateDir = None, as_json: AsJson = False
) -> None:
    """List the versions in the store; each one's bytes are proved.

    Example: edge-ad models list --json
    """
    from edge.models.locate import store_of

    store = store_of(_settings(config, station, state_dir, None))
    found = store.versions()
    if as_json:
        typer.echo(json.dumps([_as_json(version) for version in found]))
    elif not found:
        again = typed_again(config=config, station=station, state_dir=state_dir)
        typer.echo(f"no models in {store.root}; edge-ad models install MODEL.xml{again}")
    for version in () if as_json else found:
        typer.echo(_line(version))


@models.command("activate")
def activate(
    reference: ModelRef,
    config: Config = None,
    station: Station = None,
    state_dir: StateDir = None,
    device: Device = None,
) -> None:
    """Make a version the active one, once it was compiled and gave the golden scores of its card.

    A running station takes it after 'edge-ad reload', or at its next start.

    Example: edge-ad models activate bottle@20261122T020500Z --config line-3.toml
    """
    from edge.models.activation import activate as make_active
    from edge.models.locate import store_of
    from edge.models.names import Reference
    from edge.models.trust import admission

    settings = _settings(config, station, state_dir, device)
    store = store_of(settings)
    wanted = Reference.of(reference)
    version = store.find(wanted) if wanted.version else store.newest(wanted.name)
    done = make_active(store, version, admission(settings.security), device=settings.device)
    typer.echo(f"active: {done}")


@models.command("rollback")
def rollback(
    name: Annotated[str, typer.Argument(metavar="NAME", help="See 'edge-ad models list'.")],
    config: Config = None,
    station: Station = None,
    state_dir: StateDir = None,
    device: Device = None,
) -> None:
    """Go back to the version that was active before; once more, and it is the newer one again.

    Example: edge-ad models rollback bottle
    """
    from edge.models.activation import activate as make_active
    from edge.models.locate import store_of
    from edge.models.trust import admission

    settings = _settings(config, station, state_dir, device)
    store = store_of(settings)
    version = store.previous(name)
    typer.echo(f"active: {make_active(store, version, admission(settings.security), device=settings.device)}")


@models.command("remove")
def remove(
    reference: ModelRef, config: Config = None, station: Station = None, state_dir: StateDir = None
) -> None:
    """Remove a version that is not active, or by its name a whole model.

    Example: edge-ad models remove bottle@20261101T101500Z
    """
    from edge.models.locate import store_of
    from edge.models.names import Reference

    store_of(_settings(config, station, state_dir, None)).remove(Reference.of(reference))
    typer.echo(f"removed {reference}")


def _settings(
    config: Path | None, station: str | None, state_dir: Path | None, device: str | None
) -> StationConfig:
    from edge.config.load import load_station

    overrides = {"station": station, "state_dir": state_dir, "device": device}
    return load_station(config, environ=os.environ, overrides=overrides)


def _state(version: Version) -> str:
    if version.card is None:
        return "damaged"
    return "active" if version.active else "previous" if version.previous else ""


def _as_json(version: Version) -> dict[str, object]:
    card = version.card
    return {
        "name": version.name,
        "version": card.version if card else None,
        "sha256": version.sha256,
        "path": str(version.path),
        "state": _state(version),
        "precision": card.precision if card else None,
        "threshold": card.calibration.threshold if card else None,
    }


def _line(version: Version) -> str:
    card = version.card
    what = f"{card.model} {card.precision}, threshold {card.calibration.threshold:.4g}" if card else ""
    return f"{version!s:<32} {_state(version):<9} {what:<36} {version.path}".rstrip()
