"""``edge-ad doctor``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from edge.doctor.check import Check, Status

COLOURS = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "red"}


def doctor(
    model: Annotated[Path | None, typer.Option(help="A model's .xml file to verify.")] = None,
    config: Annotated[Path | None, typer.Option(help="A station file to check.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Look at this computer: what a station needs, what is there, and how to mend the rest.

    Exit code 1 if a station cannot run here.

    Example: edge-ad doctor --model bottle.xml --config configs/station.toml
    """
    checks = list(_with_progress(examine(model, config)))
    if as_json:
        typer.echo(json.dumps({"checks": [asdict(check) for check in checks]}, indent=2))
    else:
        _print_table(checks)
    if any(check.status is Status.FAIL for check in checks):
        raise typer.Exit(1)


def examine(model: Path | None, config: Path | None) -> Iterator[Check]:
    """All checks, one after the other; slow ones are done when they are asked for."""
    from edge.doctor import cameras, computer, disk, hardware, service, software, station
    from edge.messaging.outbox import default_state_dir
    from edge.messaging.sockets import leave

    yield software.python()
    yield software.packages()
    yield software.packages_of_extra("train", "to train and export")
    yield software.packages_of_extra("timm", "for further backbones")
    yield computer.processor()
    yield from hardware.inference_devices()
    yield hardware.camera_devices()
    yield computer.clock()
    check, settings = station.settings(config, os.environ)
    yield check
    state_dir = settings.state_dir or default_state_dir(settings.station)
    yield computer.clock_order(state_dir)
    yield computer.state_folder(state_dir)
    yield disk.flushing(state_dir)
    check, keys = station.keys(settings)
    yield check
    yield from station.addresses(settings, keys)
    leave()
    yield service.unit(settings.station)
    for camera in settings.cameras:
        yield cameras.camera(camera)
    yield from station.models(settings, model)


def _with_progress(checks: Iterator[Check]) -> Iterator[Check]:
    from rich.console import Console

    with Console(stderr=True).status("looking") as status:
        for check in checks:
            status.update(f"looked at {check.name}")
            yield check


def _print_table(checks: list[Check]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        found = Text(check.found)
        if check.mend:
            found.append(f"\n-> {check.mend}", style="dim")
        table.add_row(Text(check.status, style=COLOURS[check.status]), check.name, found)
    # A file or a pipe has no width; text broken at 80 columns could not be searched there.
    Console(width=None if sys.stdout.isatty() else 400).print(table)
