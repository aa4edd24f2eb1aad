"""``edge-ad reload``."""

from __future__ import annotations

from typing import Annotated

import typer

from edge.commands.options import CONTROL, ControlAddress, KeyFile

TIMEOUT_S = 120.0  # a station compiles the model anew, and a small device takes its time


def reload(
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="NAME[@VERSION]", help="Of the store; what each camera runs if not given."
        ),
    ] = None,
    camera: Annotated[
        str | None, typer.Option("--camera", help="Name of the only camera that is meant; all if not given.")
    ] = None,
    control: ControlAddress = CONTROL,
    keys: KeyFile = None,
) -> None:
    """Ask a running station to read its models and their calibrations anew, while it judges on.

    Whatever fails, it goes on with those that it has, and this command says why.

    \b
    Example: edge-ad reload
             edge-ad reload --model bottle@20261122T020500Z --control tcp://192.168.1.20:5558 --keys hmi-1.key
    """
    from contextlib import closing

    from edge.messaging.asking import Asker

    with closing(Asker(control, keys=keys)) as asker:
        asker.ask("reload", timeout_s=TIMEOUT_S, model=model, camera=camera)
    typer.echo("reloaded: the station judges by what lies there now")
