"""``edge-ad teach``."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.config.station import StationConfig
    from edge.teaching.images import Added
    from edge.teaching.making import Made


def teach(
    name: Annotated[str, typer.Option("--name", help="Of the product, and of its model in the store.")],
    images: Annotated[Path | None, typer.Option("--images", help="Folder of good pictures.")] = None,
    camera: Annotated[
        str | None, typer.Option("--camera", help="Take the pictures there: as for 'edge-ad run'.")
    ] = None,
    count: Annotated[int, typer.Option("--count", min=1, help="New pictures to take from the camera.")] = 120,
    backbone: Annotated[
        Path | None, typer.Option("--backbone", help="The .xml file that 'edge-ad export-backbone' wrote.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write the model there, instead of installing it.")
    ] = None,
    false_alarm_rate: Annotated[
        float | None,
        typer.Option(
            "--false-alarm-rate",
            min=1e-6,
            max=0.5,
            help="Promised share of false alarms; 5 % where not given, or what the pictures can promise.",
        ),
    ] = None,
    add: Annotated[
        bool, typer.Option("--add", help="Further good pictures of a product that was taught already.")
    ] = False,
    fps: Annotated[
        float | None, typer.Option("--fps", help="Rate of a device; pace of pictures and videos.")
    ] = None,
    exposure: Annotated[
        float | None, typer.Option("--exposure", help="Fixed exposure, in the driver's unit.")
    ] = None,
    interval_s: Annotated[
        float, typer.Option("--interval-s", min=0, help="Least time between two pictures of the camera, seconds.")
    ] = 0.0,
    max_motion: Annotated[
        float,
        typer.Option(
            "--max-motion",
            min=0,
            help="Change between two frames of a live camera from which the part moves, grey levels; 0: parts are "
            "judged in motion.",
        ),
    ] = 3.0,
    min_change: Annotated[
        float,
        typer.Option(
            "--min-change",
            min=0,
            help="Change from every picture kept from which one is new, grey levels; 0 keeps duplicates.",
        ),
    ] = 2.0,
    give_up_after_s: Annotated[
        float,
        typer.Option("--give-up-after-s", min=0.1, help="Seconds without a picture that can be kept to give up."),
    ] = 120.0,
    parts_per_hour: Annotated[
        float | None, typer.Option("--parts-per-hour", min=0, help="For the false alarms to expect in a shift.")
    ] = None,
    shift_h: Annotated[float | None, typer.Option("--shift-h", min=0, max=24, help="Hours of a shift.")] = None,
    sign: Annotated[
        Path | None, typer.Option("--sign", metavar="KEY", help="Sign the model; see 'edge-ad sign'.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Station file (TOML); --camera then names one of its cameras."),
    ] = None,
    station: Annotated[str | None, typer.Option("--station", help="Name of the station.")] = None,
    state_dir: Annotated[Path | None, typer.Option("--state-dir", help="Folder of the station.")] = None,
    device: Annotated[
        str | None, typer.Option("--device", help="AUTO, CPU, GPU or NPU: the one that will run.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Teach this device a product from pictures of good parts, and install the model as a candidate.

    Nothing is active before 'edge-ad models activate'. The pictures are kept, so that further ones can be added.

    \b
    Example:
      edge-ad teach --camera 0 --count 120 --name bottle --backbone lite0-int8.xml
      edge-ad teach --camera top --config line-3.toml --name bottle --backbone lite0-int8.xml
      edge-ad teach --images good/ --name bottle --backbone lite0-int8.xml
      edge-ad teach --images new-lamp/ --name bottle --backbone lite0-int8.xml --add
      edge-ad teach --images good/ --name bottle --backbone lite0-int8.xml --output bottle.xml
    """
    from edge.collecting.collection import Pacing
    from edge.collecting.sieve import Limits
    from edge.models.locate import store_of
    from edge.models.names import Reference
    from edge.models.signature import read_signing_key
    from edge.models.trust import admission
    from edge.output import writable_folder
    from edge.teaching.at_camera import AtCamera, Shift
    from edge.teaching.backbone import load_backbone
    from edge.teaching.images import add_images
    from edge.teaching.making import into_store, make, to_file
    from edge.teaching.progress import Progress, Teller
    from edge.teaching.session import Session
    from edge.teaching.shown import as_lines, expected, in_terminal
    from edge.teaching.step import forward

    if (images is None) == (camera is None):
        hint = "--camera, or --images DIR with pictures of good parts"
        raise UsageError("no pictures were given" if images is None else "two sources were given", hint=hint)
    if backbone is None:
        raise UsageError("no backbone was given", hint="--backbone lite0-int8.xml")
    if Reference.of(name).version:
        raise UsageError(f"{name!r} is no name of a product", hint="leave out the @ and what comes after it")
    settings = _settings(config, station, state_dir, device)
    key = read_signing_key(sign) if sign else None
    admit = admission(settings.security)
    store = store_of(settings)
    loaded = load_backbone(backbone, admit)
    if output is not None:
        writable_folder(output.parent)
    deliver = to_file(output) if output else into_store(store, name, admit)
    with Session(store.root.parent / "teaching" / name, loaded) as session:
        if session.states and not add:
            hint = "add pictures with --add, or begin anew with --forget all"
            raise UsageError(f"{name} was taught already, with {len(session.pictures)} pictures", hint=hint)

        def finish() -> Made:
            return make(
                session,
                loaded,
                forward(session),
                deliver,
                name=name,
                false_alarm_rate=false_alarm_rate,
                device=settings.device,
                key=key,
            )

        if images is not None:
            added = add_images(session, images)
            _report(finish(), added, as_json=as_json)
        elif camera is not None:
            asked = AtCamera(
                camera=camera,
                config=config,
                count=count,
                given={"fps": fps, "exposure": exposure},
                pacing=Pacing(interval_s, give_up_after_s),
                limits=Limits(min_change=min_change),
                max_motion=max_motion,
                rate=false_alarm_rate,
                shift=Shift(parts_per_hour or settings.line.parts_per_hour, shift_h or settings.line.shift_h),
            )
            with as_lines() if as_json else in_terminal() as show:
                teller = Teller(Progress(name=name, wanted=count), show)
                made = asked.teach(session, loaded, finish, teller)
            if not as_json:
                _report(made, None, as_json=False)
                typer.echo(expected(teller.now))


def _settings(
    config: Path | None, station: str | None, state_dir: Path | None, device: str | None
) -> StationConfig:
    from edge.config.load import load_station

    overrides = {"station": station, "state_dir": state_dir, "device": device}
    return load_station(config, environ=os.environ, overrides=overrides)


def _report(made: Made, added: Added | None, *, as_json: bool) -> None:
    calibration, state = made.taught.calibration, made.state
    training = made.taught.bundle.card.training
    fitted = training.pictures if training else 0
    if as_json and added is not None:
        facts = {
            "model": made.delivered,
            "sha256": state.model_sha256,
            "state": state.number,
            "pictures": len(state.pictures),
            "new": added.new,
            "repeated": added.repeated,
            "skipped": [str(path) for path in added.skipped],
            "fitted": fitted,
            "threshold": calibration.threshold,
            "false_alarm_rate": calibration.false_alarm_rate,
            "suspects": [
                {"picture": suspect.kept.number, "taken_from": suspect.kept.taken_from, "score": suspect.score}
                for suspect in made.taught.suspects
            ],
        }
        typer.echo(json.dumps(facts))
        return
    new = added.new if added is not None else sum(state.added.values())
    typer.echo(f"{made.delivered}: taught with {len(state.pictures)} pictures, {new} of them new")
    typer.echo(
        f"threshold {calibration.threshold:.4g} from {calibration.pictures} that were not fitted: "
        f"at most {calibration.false_alarm_rate:.1%} false alarms"
    )
    if added is not None and added.skipped:
        typer.echo(f"skipped {len(added.skipped)} that cannot be decoded: {', '.join(map(str, added.skipped))}")
    for suspect in made.taught.suspects:
        typer.echo(
            f"look at picture {suspect.kept.number} of {suspect.kept.taken_from}: it scores {suspect.score:.1f} "
            "times the usual and may show a defect"
        )
