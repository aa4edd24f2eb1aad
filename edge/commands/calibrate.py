"""``edge-ad calibrate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.commands.options import MaxMotion, MinRelativeSharpness
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.calibrating.asked import Asked
    from edge.calibrating.calibrate import Calibrated
    from edge.inspection.chosen import Chosen

_LOWER = "nothing to propose; whether a lower one would do only fresh good parts can tell"


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
        float | None,
        typer.Option(
            "--interval-s",
            min=0,
            help="Least time between two parts of a camera, seconds: more than a part stays before it. Of a "
            "free-running camera [drift] every_s, 5 s; else 0.",
        ),
    ] = None,
    max_motion: MaxMotion = 3.0,
    min_relative_sharpness: MinRelativeSharpness = 0.4,
    min_change: Annotated[
        float,
        typer.Option(
            "--min-change",
            min=0,
            help="Least change from each part taken, grey levels; 0 where parts look all alike and --interval-s "
            "tells them apart.",
        ),
    ] = 2.0,
    keep: Annotated[Path | None, typer.Option("--keep", help="Folder that the camera's pictures go to.")] = None,
    false_alarm_rate: Annotated[
        float | None,
        typer.Option(
            "--false-alarm-rate", min=1e-6, max=0.5, help="Promised share of false alarms; 0.01 if not given."
        ),
    ] = None,
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
    propose: Annotated[
        bool, typer.Option("--propose", help="Propose a threshold by the alarms that people judged.")
    ] = False,
    accept: Annotated[bool, typer.Option("--accept", help="Put the proposal in force.")] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Go back to the calibration before, or to the model's own.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Set the threshold anew from good parts, so that at most the given share of them is called anomalous.

    The model stays as it is; the station's own threshold is written beside it and can be undone. Pictures that the
    model was fitted on are left out. What the camera shows of good parts is kept, to find faults of the camera.

    A threshold needs parts, and frames of one part are not parts: at a camera one frame is taken of each.

    With --propose nothing is changed: by the alarms that people acknowledged, or by fresh good parts, a threshold
    is proposed that a person puts in force with --accept.

    \b
    Example:
      edge-ad calibrate --model bottle.xml --images good/ --false-alarm-rate 0.01
      edge-ad calibrate --model bottle.xml --camera 0 --count 200 --keep good/
      edge-ad calibrate --config line-3.toml --camera top --false-alarm-rate 0.001
      edge-ad calibrate --config line-3.toml --propose
      edge-ad calibrate --model bottle.xml --undo
    """
    from edge.calibrating.asked import USUAL_RATE, Asked
    from edge.calibrating.at_camera import AtCamera
    from edge.calibrating.masking import shared_plan
    from edge.calibrating.told import calibrated_facts, calibrated_lines, written_lines
    from edge.collecting.sieve import Limits
    from edge.inspection.chosen import chosen

    if leave_out and keep_suspects:
        raise UsageError("are the suspects good or not?", hint="--leave-out-suspects or --keep-suspects, not both")
    where = chosen(model, config, camera if config else None)
    if undo:
        _undo(where, device, as_json=as_json)
        return
    if accept:
        _accept(where, as_json=as_json)
        return
    plan, ignores_nothing = shared_plan(where)
    if ignores_nothing:
        typer.echo(f"beware: {ignores_nothing}", err=True)
    asked = Asked(
        false_alarm_rate or USUAL_RATE,
        method=method,
        device=device or where.config.device,
        defective=defective,
        suspects="leave out" if leave_out else "keep" if keep_suspects else "refuse",
        sheet=sheet,
        arithmetic=where.config.inference.precision,
        plan=plan,
    )
    if propose and images is None and count is None and (camera is None or config is not None):
        _propose(where, None, asked, rate=false_alarm_rate, as_json=as_json)
        return
    done = (
        _from_folder(where.model, images, asked)
        if images is not None
        else AtCamera(
            camera,
            count,
            interval_s,
            max_motion,
            Limits(min_relative_sharpness=min_relative_sharpness, min_change=min_change),
            keep,
        ).calibrate(where, asked)
    )
    if propose:
        _propose(where, done, asked, rate=None, as_json=as_json)
        return
    path = done.write()
    if as_json:
        typer.echo(json.dumps(calibrated_facts(done, path, where)))
    else:
        typer.echo("\n".join([*calibrated_lines(done, asked), *written_lines(path, where)]))


def _undo(where: Chosen, device: str | None, *, as_json: bool) -> None:
    from edge.calibrating.overruled import overruled
    from edge.calibrating.undo import undo_calibration
    from edge.inference.bundle import load_bundle
    from edge.inference.override import calibrations_of

    removed = undo_calibration(where.model, device)
    passed_over = overruled(where)
    if as_json:
        kept = removed is not None and removed.exists()
        typer.echo(json.dumps({"removed": removed is not None, "kept": kept, "overruled": passed_over}))
        return
    if removed is None:
        typer.echo("nothing to undo")
    elif removed.exists():
        for kind, own in calibrations_of(load_bundle(where.model)).items():
            typer.echo(f"in force on {kind}: threshold {own.threshold:.4g} of {own.time:%Y-%m-%d %H:%M} UTC")
    else:
        typer.echo(f"{removed} removed: {where.model}'s own threshold is in force again")
    for line in passed_over.values():
        typer.echo(f"beware: {line}")


def _from_folder(model: Path, images: Path, asked: Asked) -> Calibrated:
    from edge.calibrating.calibrate import calibrate_on
    from edge.calibrating.folder import GoodFolder

    return calibrate_on(model, lambda bundle: GoodFolder(images, bundle), asked)


def _propose(where: Chosen, fresh: Calibrated | None, asked: Asked, *, rate: float | None, as_json: bool) -> None:
    from edge.calibrating.proposal import write_proposal
    from edge.calibrating.proposing import in_force, propose_fresh, propose_from_pool, read_pool
    from edge.calibrating.told import proposal_facts, proposal_lines

    pool = read_pool(where)
    before = in_force(pool, asked.device)
    if fresh is not None:
        proposal = propose_fresh(pool, before, fresh.calibration)
    else:
        found = propose_from_pool(pool, before, rate or before.false_alarm_rate or asked.false_alarm_rate)
        if found is None:
            typer.echo("null" if as_json else f"the threshold {before.threshold:.4g} keeps to its rate: {_LOWER}")
            return
        proposal = found
    write_proposal(pool.bundle, proposal)
    if as_json:
        typer.echo(json.dumps(proposal_facts(proposal, where)))
    else:
        typer.echo("\n".join(proposal_lines(proposal, where)))


def _accept(where: Chosen, *, as_json: bool) -> None:
    from edge.calibrating.proposal import accept
    from edge.calibrating.told import accepted_facts, accepted_lines

    proposal, path = accept(where.model)
    if as_json:
        typer.echo(json.dumps(accepted_facts(proposal, path, where)))
    else:
        typer.echo("\n".join(accepted_lines(proposal, path, where)))
