"""``edge-ad schema``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from edge.errors import UsageError


def schema(
    kind: Annotated[
        str | None,
        typer.Argument(help="One of result, alert, health, heartbeat, action, heatmap, request; else all."),
    ] = None,
) -> None:
    """Print the JSON Schema of the messages, for the authors of PLC and HMI software.

    Example: edge-ad schema alert
    """
    from edge.messaging.messages import ANY_MESSAGE, KINDS
    from edge.messaging.requests import ANY_REQUEST

    if kind is None:
        found = {
            "messages": ANY_MESSAGE.json_schema(mode="serialization"),
            "requests": ANY_REQUEST.json_schema(),
        }
    elif kind == "request":
        found = ANY_REQUEST.json_schema()
    elif kind in KINDS:
        found = KINDS[kind].model_json_schema(mode="serialization")
    else:
        raise UsageError(f"no such message: {kind!r}", hint=f"give one of: {', '.join([*KINDS, 'request'])}")
    typer.echo(json.dumps(found, indent=2))
