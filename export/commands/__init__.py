"""The workstation's commands around export: one file each, light to import."""

from __future__ import annotations

import typer

from export.commands import demo, export, export_backbone


def register(app: typer.Typer) -> None:
    """Adds this room's commands to the front door."""
    app.command("export")(export.export)
    app.command("export-backbone")(export_backbone.export_backbone)
    app.command("demo")(demo.demo)
