"""``edge-ad models`` and ``edge-ad models kinds``: what can be trained, and what it reached."""

from __future__ import annotations

import json
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from edge.extras import needs_extra

if TYPE_CHECKING:
    from train.models.kind import Kind

Figures = dict[str, float | None]
COLUMNS = {  # heading: (set, or empty for the first that was measured; figure; decimal places)
    "bottle AUROC": ("bottle", "image_auroc", 3),
    "pixel": ("bottle", "pixel_auroc", 3),
    "AUPRO": ("bottle", "pixel_aupro", 3),
    "best F1": ("bottle", "best_f1", 3),
    "capsule AUROC": ("capsule", "image_auroc", 3),
    "in box": ("capsule", "box_hit_rate", 2),
    "best F1 ": ("capsule", "best_f1", 3),
    "ms": ("", "network_ms", 2),
    "MB": ("", "bundle_mb", 1),
    "training s": ("", "train_s", 0),
}


def bare(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        if find_spec("torch"):
            kinds()
            typer.echo(f"\nthe models of a station, and how to change them: {context.command_path} --help")
        else:
            typer.echo(context.get_help())


def kinds(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Source, cost and options of one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """List the models that can be trained, with what they reached in INT8 on two public sets.

    \b
    Example:
      edge-ad models kinds
      edge-ad models kinds cae
    """
    measured = _measured()
    if not (find_spec("torch") or name or as_json):  # a device can tell what was measured elsewhere
        _print_table({}, measured)
        return
    with needs_extra("train"):
        from train.models.registry import KINDS, find_kind

    shown = KINDS if name is None else {name: find_kind(name)}
    if as_json:
        typer.echo(json.dumps({kind.name: _as_json(kind, measured.get(kind.name, {})) for kind in shown.values()}))
    elif name is None:
        _print_table(shown, measured)
    else:
        _print_kind(shown[name], measured.get(name, {}))


def _as_json(kind: Kind, measured: dict[str, Figures]) -> dict[str, object]:
    return {
        "summary": kind.summary,
        "source": kind.source,
        "cost": kind.cost,
        "measured": measured,
        "options": kind.options.model_json_schema()["properties"],
    }


def _print_table(shown: dict[str, Kind], measured: dict[str, dict[str, Figures]]) -> None:
    import sys

    from rich.console import Console
    from rich.table import Table

    table = Table("model", caption="INT8 on two cores; docs/models.md has the whole table", caption_justify="left")
    for heading in COLUMNS:
        table.add_column(heading, justify="right")
    table.add_column("what it is")
    for name in dict.fromkeys([*shown, *measured]):
        figures = [_cell(measured.get(name, {}), *where) for where in COLUMNS.values()]
        table.add_row(name, *figures, shown[name].summary if name in shown else "its options: docs/models.md")
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    typer.echo("options of one: edge-ad models kinds NAME")


def _print_kind(kind: Kind, measured: dict[str, Figures]) -> None:
    typer.echo(f"{kind.name}: {kind.summary}\n  source    {kind.source}\n  cost      {kind.cost}")
    for name, figures in measured.items():
        reached = ", ".join(f"{figure} {value:.3f}" for figure, value in figures.items() if value is not None)
        typer.echo(f"  measured  {name}: {reached}")
    for name, field in kind.options.model_fields.items():
        default = f"{field.default:.4g}" if isinstance(field.default, float) else field.default
        typer.echo(f"  --option  {name}={default}: {field.description}")


def _cell(measured: dict[str, Figures], name: str, figure: str, places: int) -> str:
    of_set = measured.get(name, {}) if name else next(iter(measured.values()), {})
    value = of_set.get(figure)
    return "-" if value is None else f"{value:.{places}f}"


def _measured() -> dict[str, dict[str, Figures]]:
    """By model and data set, what ``make benchmark-models`` measured for the INT8 model."""
    file = files("train.models").joinpath("measured.json")
    if not file.is_file():
        return {}
    loaded: dict[str, dict[str, Figures]] = json.loads(file.read_text(encoding="utf-8"))
    return loaded
