"""The workstation's commands around training: one file each, light to import."""

from __future__ import annotations

import typer

from edge.commands.models import models
from train.commands import evaluate, kinds, train


def register(app: typer.Typer) -> None:
    """Adds this room's commands to the front door."""
    models.callback(invoke_without_command=True)(kinds.bare)
    models.command("kinds")(kinds.kinds)
    app.command("train")(train.train)
    app.command("evaluate")(evaluate.evaluate)
