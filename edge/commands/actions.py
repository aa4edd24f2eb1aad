"""``edge-ad actions``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.commands.options import CONTROL, ControlAddress, KeyFile


def actions(
    control: ControlAddress = CONTROL,
    state_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Read the state folder of a station that does not run, instead of asking."
        ),
    ] = None,
    since: Annotated[
        int | None, typer.Option(min=0, help="Those after this number. [the newest ones]", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most actions to show.")] = 20,
    keys: KeyFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line, for machines.")] = False,
) -> None:
    """Show who changed what at a station, and when: each pause, threshold, judgement and model, before and after.

    \b
    Example: edge-ad actions
             edge-ad actions --control tcp://192.168.1.20:5558 --keys hmi-1.key --limit 100
             edge-ad actions --state-dir /var/lib/edge-ad/line-3 --since 0 --json
    """
    from contextlib import closing

    from edge.messaging.asking import Asker
    from edge.messaging.lines import line_of_action
    from edge.messaging.recorded import ask_for_actions, read_actions

    if state_dir is not None:
        found = read_actions(state_dir, since_number=since, limit=limit)
    else:
        with closing(Asker(control, keys=keys)) as asker:
            found = ask_for_actions(asker, since_number=since, limit=limit)
    for action in found:
        typer.echo(action.model_dump_json() if as_json else line_of_action(action))
    if not found:
        typer.echo("nobody changed anything" if since is None else f"nothing after number {since}", err=True)
