"""Options that several commands share: one meaning, one help text."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

CONTROL = "tcp://127.0.0.1:5558"

ControlAddress = Annotated[str, typer.Option("--control", metavar="ADDRESS", help="Control of the station.")]
KeyFile = Annotated[
    Path | None,
    typer.Option("--keys", metavar="FILE", help="Key file of this client, where the station has keys."),
]
MaxMotion = Annotated[
    float,
    typer.Option(
        "--max-motion",
        min=0,
        help="Change between two frames of a live camera from which the part moves, grey levels; 0: parts are "
        "judged in motion.",
    ),
]
MinRelativeSharpness = Annotated[
    float,
    typer.Option(
        "--min-relative-sharpness", min=0, max=1, help="Least share of the camera's sharpness; 0: no limit."
    ),
]


def typed_again(**options: object) -> str:
    """The options that were given, for a next command that is to mean the same: `` --config line-3.toml``."""
    given = {name.replace("_", "-"): str(value) for name, value in options.items() if value is not None}
    return "".join(f" --{name} {quote(value)}" for name, value in given.items())
