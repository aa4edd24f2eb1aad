"""``edge-ad evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.errors import UsageError
from edge.extras import needs_extra
from edge.output import writable_folder
from train.commands.train import Abnormal, Data, Normal, NormalClass, echo_skipped


def evaluate(
    output: Annotated[Path, typer.Option("--output", help="Folder for metrics.json and report.html.")],
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="model.safetensors of a training.")
    ] = None,
    model: Annotated[Path | None, typer.Option("--model", help="The .xml file of a bundle.")] = None,
    data: Data = None,
    normal: Normal = None,
    abnormal: Abnormal = None,
    normal_class: NormalClass = None,
    device: Annotated[
        str, typer.Option("--device", help="Of torch for --checkpoint, of OpenVINO for --model.")
    ] = "auto",
    perturb: Annotated[
        bool,
        typer.Option("--perturb", help="Of --model: also under other light, focus, noise, pose and compression."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print metrics.json.")] = False,
) -> None:
    """Measure a checkpoint or an exported model on labelled pictures, and write a report.

    \b
    Example:
      edge-ad evaluate --model bottle.xml --data bottle/ --output report/
      edge-ad evaluate --model bottle.xml --data bottle/ --output report/ --perturb
      edge-ad evaluate --checkpoint runs/bottle/model.safetensors --data bottle/ --output report/
    """
    if checkpoint is not None and model is not None:
        raise UsageError("--checkpoint and --model exclude each other", hint="give one of them")
    if checkpoint is None and model is None:
        raise UsageError("nothing to evaluate was given", hint="give --checkpoint or --model")
    if perturb and model is None:
        raise UsageError("--perturb shows what a station will bear", hint="give an exported model with --model")
    with needs_extra("train"):
        from train.data.find import find_dataset
        from train.evaluation.evaluate import evaluate_bundle, evaluate_checkpoint

    dataset = find_dataset(data, normal=normal, abnormal=abnormal, normal_class=normal_class)
    writable_folder(output)
    if model is not None:
        figures, skipped = evaluate_bundle(model, dataset, output, device=device, changed=perturb)
    elif checkpoint is not None:
        figures, skipped = evaluate_checkpoint(checkpoint, dataset, output, device=device)
    if as_json:
        typer.echo(json.dumps(figures))
        echo_skipped(skipped, err=True)
        return
    _print(figures)
    if perturbed := figures.get("perturbed"):
        _print_changes(perturbed)
    echo_skipped(skipped)
    typer.echo(f"written: {output / 'report.html'} and {output / 'metrics.json'}")


def _print(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        if name not in ("per_defect", "perturbed"):
            typer.echo(f"{name:<18} {'-' if value is None else f'{value:.4f}'}")
    for defect, figure in figures["per_defect"].items():
        typer.echo(f"  {defect:<24} {figure['count']:>4} pictures, {figure['detected']:.0%} found")


def _print_changes(perturbed: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Under changes of the camera's picture", title_justify="left")
    for column in ("change", "level", "image AUROC", "false alarms", "missed", "borne"):
        table.add_column(column, justify="left" if column == "change" else "right")
    table.add_row("none", "", *_cells(perturbed["unchanged"]))
    for name, change in perturbed["changes"].items():
        table.add_section()
        for level in change["levels"]:
            table.add_row(name, level["shown"], *_cells(level))
    Console().print(table)
    typer.echo(perturbed["sentence"])


def _cells(row: dict[str, Any]) -> tuple[str, str, str, str]:
    auroc, alarms, missed = row["image_auroc"], row["false_alarms"], row["missed"]
    return (
        "-" if auroc is None else f"{auroc:.4f}",
        "-" if alarms is None else f"{alarms:.1%}",
        "-" if missed is None else f"{missed:.1%}",
        "yes" if row["borne"] else "no",
    )
