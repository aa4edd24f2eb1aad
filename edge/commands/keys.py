"""``edge-ad keys``: who may listen to a station and steer it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edge.security.folder import KeyFolder

keys = typer.Typer(
    help="Make, list and revoke the keys of those who may listen to a station and steer it.\n\n"
    "Example: edge-ad keys create hmi-1",
    no_args_is_help=True,
)
KeysDir = Annotated[
    Path | None,
    typer.Option("--keys-dir", metavar="DIR", help="Folder of the keys; that of the station if not given."),
]
Config = Annotated[Path | None, typer.Option("--config", help="Station file (TOML) that names the folder.")]


@keys.command("create")
def create(
    name: Annotated[str | None, typer.Argument(help="Name of the client: letters, digits, - and _.")] = None,
    role: Annotated[
        str,
        typer.Option(
            "--role",
            help="observe (listen, status, replay), operate (also inspect, pause, resume, acknowledge), "
            "maintain (also reload and threshold).",
        ),
    ] = "observe",
    station: Annotated[
        bool, typer.Option("--station", help="Only make the station's own pair, where it has none.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Key file for the client. [NAME.key here]")
    ] = None,
    keys_dir: KeysDir = None,
    config: Config = None,
) -> None:
    """Admit a client: write the key file that it needs. A running station admits it within 5 s.

    The station's own pair is made with the first client; a station that runs without keys must be started again.
    The file holds the client's secret: move it to the client, and leave no copy here.

    \b
    Example: edge-ad keys create hmi-1 --role operate
             edge-ad subscribe tcp://192.168.1.20:5556 --keys hmi-1.key
             edge-ad keys create --station --keys-dir /etc/edge-ad/keys
    """
    from edge.errors import UsageError
    from edge.security.role import Role

    folder = _folder(keys_dir, config)
    if station:
        if name is not None:
            raise UsageError("--station makes no client", hint="leave out either the name or --station")
        typer.echo(f"{folder.path}: the station's public key is {folder.create_station().public}")
        return
    if name is None:
        raise UsageError("which client is meant?", hint="give a name, e.g. edge-ad keys create hmi-1")
    if role not in list(Role):
        raise UsageError(f"no such role: {role!r}", hint=f"give one of: {', '.join(Role)}")
    path = output or Path(f"{name}.key")
    folder.create(name, Role(role), path)
    typer.echo(f"{path}: for {name}, may {role}; move it to the client and leave no copy here")


@keys.command("list")
def list_keys(
    keys_dir: KeysDir = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line, for machines.")] = False,
) -> None:
    """Show who is admitted.

    Example: edge-ad keys list --config line-3.toml
    """
    from edge.errors import SecurityError

    damaged: list[SecurityError] = []
    for client in _folder(keys_dir, config).clients(damaged=damaged.append):
        shown = {"name": client.name, "role": client.role, "public": client.public, "created": str(client.created)}
        created = client.created.astimezone().strftime("%Y-%m-%d")
        typer.echo(json.dumps(shown) if as_json else f"{client.name:<20} {client.role:<9} since {created}")
    if damaged:
        raise damaged[0]


@keys.command("revoke")
def revoke(
    name: Annotated[str, typer.Argument(help="Name of the client.")],
    keys_dir: KeysDir = None,
    config: Config = None,
) -> None:
    """Admit a client no longer. A running station cuts it off within 5 s and leaves the others alone.

    Example: edge-ad keys revoke hmi-1
    """
    folder = _folder(keys_dir, config)
    folder.revoke(name)
    typer.echo(f"{name} is revoked")


def _folder(keys_dir: Path | None, config: Path | None) -> KeyFolder:
    from edge.config.key_folder import key_folder_path
    from edge.config.load import load_station
    from edge.security.folder import KeyFolder

    if keys_dir is None:
        keys_dir = key_folder_path(load_station(config, environ=os.environ, overrides={}))
    return KeyFolder(keys_dir)
