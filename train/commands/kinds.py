"""``edge-ad models kinds``."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Annotated

import typer

from edge.extras import needs_extra


def kinds(as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """List the models that can be trained, with their cost, measured accuracy and options.

    Example: edge-ad models kinds
    """
    with needs_extra("train"):
        from train.models.registry import KINDS

    measured = _measured()
    if as_json:
        typer.echo(
            json.dumps(
                {
                    kind.name: {
                        "summary": kind.summary,
                        "source": kind.source,
                        "cost": kind.cost,
                        "measured": measured.get(kind.name, {}),
                        "options": kind.options.model_json_schema()["properties"],
                    }
                    for kind in KINDS.values()
                }
            )
        )
        return
    for kind in KINDS.values():
        typer.echo(f"{kind.name}: {kind.summary}\n  source    {kind.source}\n  cost      {kind.cost}")
        for figure in _figures(measured.get(kind.name, {})):
            typer.echo(f"  measured  {figure}")
        for name, field in kind.options.model_fields.items():
            typer.echo(f"  --option  {name}={field.default}: {field.description}")


def _measured() -> dict[str, dict[str, dict[str, float | None]]]:
    """Per model and data set, what ``make benchmark-accuracy`` measured for the INT8 model."""
    file = files("train.models").joinpath("measured.json")
    if not file.is_file():
        return {}
    loaded: dict[str, dict[str, dict[str, float | None]]] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def _figures(sets: dict[str, dict[str, float | None]]) -> list[str]:
    return [
        f"{name}: " + ", ".join(f"{figure} {value:.3f}" for figure, value in figures.items() if value is not None)
        for name, figures in sets.items()
    ]
