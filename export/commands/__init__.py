"""The workstation commands of this room."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Adds this room's commands to the front door."""
