"""``edge-ad calibrate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from edge.errors import UsageError


def calibrate(
    model: Annotated[Path, typer.Option("--model", help="The .xml file of a bundle.")],
    images: Annotated[Path | None, typer.Option("--images", help="Folder of good pictures.")] = None,
    false_alarm_rate: Annotated[
        float, typer.Option("--false-alarm-rate", min=1e-6, max=0.5, help="Promised share of false alarms.")
    ] = 0.01,
    device: Annotated[
        str, typer.Option("--device", help="AUTO, CPU, GPU or NPU: the one that will run.")
    ] = "AUTO",
    undo: Annotated[bool, typer.Option("--undo", help="Go back to the model's own threshold.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Set the threshold anew from pictures of good parts, so that at most the given share is called anomalous.

    The model stays as it is; the station's own threshold is written beside it and can be undone. Pictures that the
    model was fitted on are left out. What the camera shows of good parts is kept, to find faults of the camera.

    \b
    Example:
      edge-ad calibrate --model bottle.xml --images good/ --false-alarm-rate 0.01
      edge-ad calibrate --model bottle.xml --undo
    """
    from edge.calibrating import calibrate_on, undo_calibration

    if undo:
        removed = undo_calibration(model)
        typer.echo(
            f"{removed} removed: {model}'s own threshold is in force again" if removed else "nothing to undo"
        )
        return
    if images is None:
        raise UsageError("no pictures were given", hint="--images DIR with pictures of good parts")
    done = calibrate_on(model, images, false_alarm_rate=false_alarm_rate, device=device)
    calibration = done.calibration
    if as_json:
        summary = calibration.model_dump(mode="json", exclude={"view": {"mean"}})
        skipped = [str(path) for path in done.skipped]
        typer.echo(json.dumps({**summary, "written": str(done.path), "fitted": done.fitted, "skipped": skipped}))
        return
    was = "there was none" if done.before is None else f"was {done.before:.4g}"
    typer.echo(
        f"threshold {calibration.threshold:.4g} ({was}) from {calibration.pictures} good pictures: "
        f"at most {calibration.false_alarm_rate:.2%} of good parts will be called anomalous"
    )
    if done.fitted:
        typer.echo(f"left out {done.fitted} pictures that the model was fitted on")
    if done.skipped:
        typer.echo(f"skipped {len(done.skipped)} that cannot be decoded: {', '.join(map(str, done.skipped))}")
    for spot in done.blind_spots:
        typer.echo(f"faults of the camera that will go unnoticed: {spot}")
    typer.echo(f"written to {done.path}; undo with: edge-ad calibrate --model {model} --undo")
