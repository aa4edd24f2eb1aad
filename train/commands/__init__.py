"""The workstation's commands around training: one file each, light to import."""

from __future__ import annotations

import typer

from train.commands import evaluate, models, train


def register(app: typer.Typer) -> None:
    """Adds this room's commands to the front door."""
    app.command("models")(models.models)
    app.command("train")(train.train)
    app.command("evaluate")(evaluate.evaluate)
