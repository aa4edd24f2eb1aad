"""``edge-ad threshold``: what the threshold means."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edge.config.line import LineOptions
    from edge.thresholds.in_force import InForce
    from edge.thresholds.labelled import Labelled

threshold = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="What the threshold means: where it comes from, what it promises, what another one would do.\n\n"
    "\b\nExample:\n"
    "  edge-ad threshold explain --help",
)

Model = Annotated[Path | None, typer.Option("--model", help="The .xml file of a bundle.")]
Config = Annotated[Path | None, typer.Option("--config", help="Station file (TOML).")]
Camera = Annotated[str | None, typer.Option("--camera", help="Name of one of its cameras.")]
Device = Annotated[str | None, typer.Option("--device", help="AUTO, CPU, GPU or NPU: the one that judges.")]
PartsPerHour = Annotated[
    float | None,
    typer.Option("--parts-per-hour", min=0.001, help="Parts that pass in an hour; else the station file's."),
]
ShiftH = Annotated[
    float | None, typer.Option("--shift-h", min=0.1, max=24, help="Hours of a shift; else the station file's.")
]
Data = Annotated[
    Path | None, typer.Option("--data", help="Parts whose answer is known: a folder for each kind, good for good.")
]
Defective = Annotated[Path | None, typer.Option("--defective", help="Folder of defective parts.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


@threshold.command("show")
def show(
    model: Model = None,
    config: Config = None,
    camera: Camera = None,
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Show the threshold in force, in one line.

    \b
    Example:
      edge-ad threshold show --model bottle.xml
      edge-ad threshold show --config line-3.toml --camera top --json
    """
    from edge.inference.promise import promise_of

    found, _ = _found(model, config, camera, device, None, None)
    if as_json:
        typer.echo(json.dumps(_facts(found)))
        return
    promise = promise_of(found.calibration) if found.calibrated else "a person set it, nothing is promised"
    typer.echo(f"threshold {found.threshold:.4g}: {promise} ({found.place})")


@threshold.command("explain")
def explain(
    model: Model = None,
    config: Config = None,
    camera: Camera = None,
    device: Device = None,
    parts_per_hour: PartsPerHour = None,
    shift_h: ShiftH = None,
    data: Data = None,
    defective: Defective = None,
) -> None:
    """Explain the threshold in force: one page, for somebody who has never heard of it.

    \b
    Example:
      edge-ad threshold explain --model bottle.xml --parts-per-hour 600
      edge-ad threshold explain --config line-3.toml --camera top --data bottle/
    """
    from edge.thresholds.explained import page

    found, line = _found(model, config, camera, device, parts_per_hour, shift_h)
    typer.echo(page(found, line, _labelled(found, data, defective)))


@threshold.command("what-if")
def what_if(
    model: Model = None,
    config: Config = None,
    camera: Camera = None,
    device: Device = None,
    rates: Annotated[
        list[float] | None,
        typer.Option("--false-alarm-rate", min=1e-6, max=0.5, help="May be given several times."),
    ] = None,
    thresholds: Annotated[
        list[float] | None, typer.Option("--threshold", help="A raw score; may be given several times.")
    ] = None,
    parts_per_hour: PartsPerHour = None,
    shift_h: ShiftH = None,
    data: Data = None,
    defective: Defective = None,
    as_json: AsJson = False,
) -> None:
    """Say what other false-alarm rates, or other thresholds, would do. Nothing is changed.

    \b
    Example:
      edge-ad threshold what-if --model bottle.xml --false-alarm-rate 0.01 --false-alarm-rate 0.05
      edge-ad threshold what-if --model bottle.xml --threshold 12.5 --defective defects/
    """
    from edge.thresholds.what_if import RATES, choices, table

    found, line = _found(model, config, camera, device, parts_per_hour, shift_h)
    asked = rates or (() if thresholds else RATES)
    made = choices(found, asked, thresholds or (), _labelled(found, data, defective))
    if as_json:
        typer.echo(json.dumps({"in_force": _facts(found), "choices": [asdict(choice) for choice in made]}))
        return
    typer.echo("\n".join(table(found, made, line)))


def _found(
    model: Path | None,
    config: Path | None,
    camera: str | None,
    device: str | None,
    parts_per_hour: float | None,
    shift_h: float | None,
) -> tuple[InForce, LineOptions]:
    from edge.inspection.chosen import chosen
    from edge.thresholds.in_force import in_force

    where = chosen(model, config, camera)
    given = {"parts_per_hour": parts_per_hour, "shift_h": shift_h}
    line = where.config.line.model_copy(update={name: value for name, value in given.items() if value is not None})
    return in_force(where, device=device), line


def _labelled(found: InForce, data: Path | None, defective: Path | None) -> Labelled | None:
    from edge.thresholds.labelled import labelled_pictures, score_labelled

    if data is None and defective is None:
        return None
    pictures = labelled_pictures(data, defective)
    return score_labelled(found.bundle, pictures, found.device, plan=found.plan, arithmetic=found.arithmetic)


def _facts(found: InForce) -> dict[str, object]:
    from edge.inference.card import LONG
    from edge.thresholds.false_alarms import share_of

    share = share_of(found)
    calibration = found.calibration.model_dump(mode="json", exclude=LONG)
    return {
        "threshold": found.threshold,
        "set_by": found.set_by,
        "place": found.place,
        "camera": found.camera,
        "device": found.device,
        "model": {"name": found.bundle.card.name, "sha256": found.bundle.sha256},
        "expected": asdict(share) if share else None,
        "calibration": calibration,
        "warning": found.warning,
    }
