"""``edge-ad calibrate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.calibrating.asked import Asked
    from edge.calibrating.calibrate import Calibrated
    from edge.inspection.chosen import Chosen

LEAST_PARTS = 200
GIVE_UP_AFTER_S = 30.0


def calibrate(
    model: Annotated[Path | None, typer.Option("--model", help="The .xml file of a bundle.")] = None,
    images: Annotated[Path | None, typer.Option("--images", help="Folder of good pictures.")] = None,
    camera: Annotated[
        str | None, typer.Option("--camera", help="Good parts before a camera; with --config its name.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Station file (TOML).")] = None,
    count: Annotated[
        int | None,
        typer.Option("--count", min=1, help="Parts from the camera; what the rate needs, 200 at least."),
    ] = None,
    interval_s: Annotated[
        float, typer.Option("--interval-s", min=0, help="Least time between two parts of a camera, seconds.")
    ] = 0.0,
    keep: Annotated[Path | None, typer.Option("--keep", help="Folder that the camera's pictures go to.")] = None,
    false_alarm_rate: Annotated[
        float, typer.Option("--false-alarm-rate", min=1e-6, max=0.5, help="Promised share of false alarms.")
    ] = 0.01,
    method: Annotated[
        str, typer.Option("--method", help="conformal, tail, sigma, quantile, maximum, f1 or youden.")
    ] = "conformal",
    defective: Annotated[
        Path | None, typer.Option("--defective", help="Folder of defective parts, for f1 and youden.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option("--suspects", help="PNG of good pictures that may show defects.")
    ] = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out-suspects", help="They show defects: do not count them.")
    ] = False,
    keep_suspects: Annotated[bool, typer.Option("--keep-suspects", help="They are good: count them.")] = False,
    device: Annotated[
        str | None, typer.Option("--device", help="AUTO, CPU, GPU or NPU: the one that will run.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Go back to the model's own threshold.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Set the threshold anew from good parts, so that at most the given share of them is called anomalous.

    The model stays as it is; the station's own threshold is written beside it and can be undone. Pictures that the
    model was fitted on are left out. What the camera shows of good parts is kept, to find faults of the camera.

    \b
    Example:
      edge-ad calibrate --model bottle.xml --images good/ --false-alarm-rate 0.01
      edge-ad calibrate --model bottle.xml --camera 0 --count 200 --keep good/
      edge-ad calibrate --config line-3.toml --camera top --false-alarm-rate 0.001
      edge-ad calibrate --model bottle.xml --undo
    """
    from edge.calibrating.asked import Asked
    from edge.inspection.chosen import chosen

    if leave_out and keep_suspects:
        raise UsageError("are the suspects good or not?", hint="--leave-out-suspects or --keep-suspects, not both")
    where = chosen(model, config, camera if config else None)
    if undo:
        _undo(where.model, device)
        return
    asked = Asked(
        false_alarm_rate,
        method=method,
        device=device or where.config.device,
        defective=defective,
        suspects="leave out" if leave_out else "keep" if keep_suspects else "refuse",
        sheet=sheet,
    )
    done = (
        _from_folder(where.model, images, asked)
        if images is not None
        else _from_camera(where, camera, asked, count=count, interval_s=interval_s, keep=keep)
    )
    path = done.write()
    _report_json(done, path) if as_json else _report(done, path, asked, where)


def _undo(model: Path, device: str | None) -> None:
    from edge.calibrating.undo import undo_calibration

    removed = undo_calibration(model, device)
    if removed is None:
        typer.echo("nothing to undo")
    elif removed.exists():
        typer.echo(f"the calibration for {device} was removed from {removed}; those for other devices stay")
    else:
        typer.echo(f"{removed} removed: {model}'s own threshold is in force again")


def _from_folder(model: Path, images: Path, asked: Asked) -> Calibrated:
    from edge.calibrating.calibrate import calibrate_on
    from edge.calibrating.folder import GoodFolder

    return calibrate_on(model, lambda bundle: GoodFolder(images, bundle), asked)


def _from_camera(
    where: Chosen, source: str | None, asked: Asked, *, count: int | None, interval_s: float, keep: Path | None
) -> Calibrated:
    from edge.calibrating.calibrate import calibrate_on
    from edge.calibrating.camera import GoodFrames
    from edge.cameras.capture import Capture
    from edge.cameras.options import camera_options
    from edge.collecting.collection import Pacing
    from edge.inspection.area import AreaPlan, area_plan_of

    if where.camera is not None:
        options, plan = where.camera.options(), area_plan_of(where.camera)
    elif source is not None and not where.cameras:
        options, plan = camera_options(name="camera", source=source), AreaPlan()
    else:
        raise UsageError("no pictures were given", hint="--images DIR with pictures of good parts, or --camera")
    wanted = count or max(asked.pictures_needed, LEAST_PARTS)
    asked.check_enough(wanted)
    with Capture(options) as capture:
        capture.wait_until_open()
        frames = GoodFrames(capture, plan, count=wanted, pacing=Pacing(interval_s, GIVE_UP_AFTER_S), keep=keep)
        return calibrate_on(where.model, lambda bundle: frames, asked)


def _report_json(done: Calibrated, path: Path) -> None:
    facts = done.calibration.model_dump(mode="json", exclude={"view": {"mean"}})
    skipped = [str(name) for name in done.skipped]
    more = {"written": str(path), "fitted": done.fitted, "skipped": skipped, "suspects": list(done.suspects)}
    typer.echo(json.dumps(facts | more))


def _report(done: Calibrated, path: Path, asked: Asked, where: Chosen) -> None:
    from edge.thresholds.promise import promise_of

    calibration = done.calibration
    was = "there was none" if done.before is None else f"was {done.before:.4g}"
    typer.echo(
        f"threshold {calibration.threshold:.4g} ({was}) from {calibration.pictures} good pictures: "
        f"{promise_of(calibration)}"
    )
    if calibration.warning:
        typer.echo(f"beware: {calibration.warning}")
    if done.fitted:
        typer.echo(f"left out {done.fitted} pictures that the model was fitted on")
    if done.skipped:
        typer.echo(f"skipped {len(done.skipped)} that cannot be decoded: {', '.join(map(str, done.skipped))}")
    if done.suspects:
        what = "left out" if asked.suspects == "leave out" else "counted"
        typer.echo(f"{what} {len(done.suspects)} that may show defects: {', '.join(done.suspects)}")
    for spot in done.blind_spots:
        typer.echo(f"faults of the camera that will go unnoticed: {spot}")
    if len(where.cameras) > 1:
        typer.echo(f"it holds for every camera with this model: {' '.join(where.cameras)}")
    typer.echo(f"written to {path}; undo with: edge-ad calibrate --model {where.model} --undo")
    typer.echo("a running station judges by it once it is asked to reload, or from its next start on")
