"""``edge-ad install-service``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def install_service(
    station: Annotated[str, typer.Option("--station", help="Name of the station: letters, digits, - and _.")],
    user: Annotated[bool, typer.Option("--user", help="A service of this user, without root.")] = False,
    gpu: Annotated[bool, typer.Option("--gpu", help="Let it use a GPU or NPU.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be written.")] = False,
    root: Annotated[
        Path, typer.Option("--root", help="Another file system to install into, e.g. an image.")
    ] = Path("/"),
) -> None:
    """Install a station as a service of systemd: its unit, and a station file to fill in.

    The service starts with the computer, is started again where it fails or hangs, and is closed off from all
    that it does not need. A station file that is there already is left as it is.

    \b
    Example:
      sudo edge-ad install-service --station line-3
      edge-ad install-service --station line-3 --user --dry-run
    """
    from edge.errors import UsageError
    from edge.service import install

    if not NAME.fullmatch(station):
        raise UsageError(f"not a station name: {station!r}", hint="use up to 64 letters, digits, '-' and '_'")
    place = install.user_place() if user else install.system_place(root)
    program = install.own_program()
    written = install.files_of(station, place, program=program, gpu=gpu)
    if dry_run:
        for path, text in written.items():
            typer.echo(f"### {path}\n{text}")
        return
    for path in install.install(written, keep=install.station_file(station, place)):
        typer.echo(f"wrote {path}")
    typer.echo("\nNext:")
    for step in install.next_steps(station, place, program):
        typer.echo(f"  {step}")
