"""``edge-ad teach``."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.commands.options import MaxMotion, MinRelativeSharpness, typed_again
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.config.station import StationConfig
    from edge.teaching.workplace import Workplace


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
    leave_out: Annotated[
        list[int] | None,
        typer.Option("--leave-out", metavar="NUMBER", help="A picture that shows a defect after all; repeat."),
    ] = None,
    forget: Annotated[
        str | None,
        typer.Option(
            "--forget", metavar="last|NUMBER|all", help="Make a state of --history again; all: begin anew."
        ),
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="What was taught when, and with what.")] = False,
    fps: Annotated[
        float | None, typer.Option("--fps", help="Rate of a device; pace of pictures and videos.")
    ] = None,
    exposure: Annotated[
        float | None, typer.Option("--exposure", help="Fixed exposure, in the driver's unit.")
    ] = None,
    interval_s: Annotated[
        float, typer.Option("--interval-s", min=0, help="Least time between two pictures of the camera, seconds.")
    ] = 0.0,
    max_motion: MaxMotion = 3.0,
    min_relative_sharpness: MinRelativeSharpness = 0.4,
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
      edge-ad teach --images good/ --name bottle --backbone lite0-int8.xml --output bottle.xml
      edge-ad teach --images new-lamp/ --name bottle --add
      edge-ad teach --name bottle --history
      edge-ad teach --name bottle --forget last
    """
    from edge.collecting.collection import Pacing
    from edge.collecting.sieve import Limits
    from edge.teaching import report
    from edge.teaching.at_camera import AtCamera, Shift
    from edge.teaching.images import add_images
    from edge.teaching.progress import Progress, Teller
    from edge.teaching.session import Session
    from edge.teaching.shown import as_lines, in_terminal, ready
    from edge.teaching.step import forward
    from edge.teaching.workplace import Workplace

    _one_of(images=images, camera=camera, leave_out=leave_out, forget=forget, history=history)
    settings = _settings(config, station, state_dir, device)
    again = typed_again(config=config, station=station, state_dir=state_dir, device=device)
    place = Workplace.of(settings, name, output=output, sign=sign, rate=false_alarm_rate)
    if history:
        _tell_history(place, as_json=as_json)
        return
    if forget is not None or leave_out:
        _take_back(place, forget, leave_out or (), backbone, again, as_json=as_json)
        return
    loaded = place.backbone(backbone)
    shift = Shift(parts_per_hour or settings.line.parts_per_hour, shift_h or settings.line.shift_h)
    with Session(place.folder, loaded) as session:
        if session.states and not add:
            hint = "add pictures with --add, or begin anew with --forget all"
            raise UsageError(f"{name} was taught already, with {len(session.pictures)} pictures", hint=hint)
        if images is not None:
            added = add_images(session, images, min_change)
            if added.seen:
                typer.echo(report.seen(added), err=True)  # at once: too few may be left
            made = place.make(session, loaded, forward(session))
            said = [*report.lines(made, added), ready(made, shift), report.next_step(made, again)]
            _tell(report.facts(made, added), said, as_json=as_json)
        elif camera is not None:
            asked = AtCamera(
                camera=camera,
                config=config,
                count=count,
                given={"fps": fps, "exposure": exposure},
                pacing=Pacing(interval_s, give_up_after_s),
                limits=Limits(min_relative_sharpness=min_relative_sharpness, min_change=min_change),
                max_motion=max_motion,
                rate=false_alarm_rate,
                shift=shift,
            )
            with as_lines() if as_json else in_terminal() as show:
                teller = Teller(Progress(name=name, wanted=count), show)
                made = asked.teach(session, loaded, lambda: place.make(session, loaded, forward(session)), teller)
            if not as_json:
                _tell({}, [*report.lines(made), ready(made, shift), report.next_step(made, again)], as_json=False)


def _one_of(**given: object) -> None:
    asked = [name for name, value in given.items() if value]
    if len(asked) == 1:
        return
    hint = "--camera, or --images DIR with pictures of good parts"
    if not asked:
        raise UsageError("no pictures were given", hint=hint)
    options = " and ".join(f"--{name.replace('_', '-')}" for name in asked)
    raise UsageError(f"{options} do not go together", hint="give one of them")


def _tell_history(place: Workplace, *, as_json: bool) -> None:
    from edge.teaching import report
    from edge.teaching.session import Session

    with Session(place.folder) as session:
        states, pending = session.states, len(session.pending)
    facts = {"states": [state.model_dump(mode="json") for state in states], "pending": pending}
    _tell(facts, report.history(states, pending), as_json=as_json)


def _take_back(
    place: Workplace,
    forget: str | None,
    leave_out: Sequence[int],
    backbone: Path | None,
    again: str,
    *,
    as_json: bool,
) -> None:
    from edge.teaching import report
    from edge.teaching.folder import forget_all, require_product
    from edge.teaching.session import Session
    from edge.teaching.step import back_to, without

    if forget == "all":
        forget_all(place.folder)
        _tell({"forgotten": str(place.folder)}, [f"forgot {place.name}; its models stay"], as_json=as_json)
        return
    require_product(place.folder)
    loaded = place.backbone(backbone)
    with Session(place.folder, loaded) as session:
        step = without(session, leave_out) if forget is None else back_to(session, session.find(forget))
        dropped = session.pending if forget is not None else ()
        made = place.make(session, loaded, step)
        session.drop(dropped)  # only now: where no model could be made, they still count
    said = [*report.lines(made), f"forgot {len(dropped)} pictures that came since" if dropped else ""]
    _tell({**report.facts(made), "dropped": len(dropped)}, [*said, report.next_step(made, again)], as_json=as_json)


def _tell(facts: Mapping[str, object], lines: Sequence[str], *, as_json: bool) -> None:
    typer.echo(json.dumps(facts) if as_json else "\n".join(line for line in lines if line))


def _settings(
    config: Path | None, station: str | None, state_dir: Path | None, device: str | None
) -> StationConfig:
    from edge.config.load import load_station

    overrides = {"station": station, "state_dir": state_dir, "device": device}
    return load_station(config, environ=os.environ, overrides=overrides)
