"""``edge-ad collect``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edge.area import AreaPlan
    from edge.cameras.capture import Capture
    from edge.collecting.collection import Collection, Pacing
    from edge.collecting.sieve import Limits


def collect(
    camera: Annotated[str, typer.Option(help="Index, device, video, folder, glob, address or pipeline.")],
    output: Annotated[Path, typer.Option(help="Folder that the pictures are added to.")],
    config: Annotated[
        Path | None, typer.Option(help="Station file; --camera then names one of its cameras.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many pictures to keep.")] = 200,
    name: Annotated[
        str | None, typer.Option(help="Pictures are called NAME-00001.png; the camera's name if not given.")
    ] = None,
    fps: Annotated[float | None, typer.Option(help="Rate of a device; pace of a file source.")] = None,
    width: Annotated[int | None, typer.Option(help="Columns asked of a device, pixels.")] = None,
    height: Annotated[int | None, typer.Option(help="Rows asked of a device, pixels.")] = None,
    fourcc: Annotated[str | None, typer.Option(help="Pixel format asked of a device, e.g. MJPG.")] = None,
    exposure: Annotated[float | None, typer.Option(help="Fixed exposure, in the driver's unit.")] = None,
    interval_s: Annotated[float, typer.Option(min=0, help="Least time between two pictures, seconds.")] = 0.0,
    min_sharpness: Annotated[
        float, typer.Option(min=0, help="Least variance of the Laplacian, grey levels squared; 0: no limit.")
    ] = 0.0,
    min_relative_sharpness: Annotated[
        float, typer.Option(min=0, max=1, help="Least share of the sharpness this camera reaches; 0: no limit.")
    ] = 0.4,
    max_black: Annotated[float, typer.Option(min=0, max=1, help="Largest share of black pixels.")] = 0.8,
    max_white: Annotated[float, typer.Option(min=0, max=1, help="Largest share of saturated pixels.")] = 0.8,
    min_change: Annotated[
        float, typer.Option(min=0, help="Least change since the last picture kept, grey levels.")
    ] = 2.0,
    keep_duplicates: Annotated[
        bool, typer.Option("--keep-duplicates", help="Keep pictures that equal the last one.")
    ] = False,
    give_up_after_s: Annotated[
        float, typer.Option(min=0.1, help="Seconds without a picture after which a lost camera is given up.")
    ] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Take pictures of good parts for training, leaving out blurred, badly exposed and repeated ones.

    Pictures are added to the folder as PNG; none that is there is touched. Exit code 1 if the camera ended before
    there were enough.

    \b
    Example: edge-ad collect --camera 0 --output bottle/train/good --count 200 --interval-s 0.5
    Example: edge-ad collect --camera rtsp://10.0.0.7/stream --output bottle/train/good
    Example: edge-ad collect --config line-3.toml --camera top --output bottle/train/good
    """
    from edge.area import AreaPlan, area_plan_of
    from edge.cameras.capture import Capture
    from edge.cameras.options import camera_options
    from edge.collecting.collection import Pacing
    from edge.collecting.sieve import Limits
    from edge.collecting.station import camera_of_station

    plan = AreaPlan()
    given = {"fps": fps, "width": width, "height": height, "fourcc": fourcc, "exposure": exposure}
    if config is None:
        asked = camera_options(name=name or "camera", source=camera, **given)
    else:
        table = camera_of_station(config, camera, given)
        asked, plan = table.options(), area_plan_of(table)
        asked = asked.model_copy(update={"name": name or asked.name})
    limits = Limits(
        min_sharpness, min_relative_sharpness, max_black, max_white, 0.0 if keep_duplicates else min_change
    )
    with Capture(asked) as capture:
        capture.wait_until_open()
        collection = _with_progress(capture, limits, output, count, Pacing(interval_s, give_up_after_s), plan)
        _report(collection, capture.skipped, output, as_json=as_json)
    if collection.missing:
        raise typer.Exit(1)


def _with_progress(
    capture: Capture, limits: Limits, output: Path, count: int, pacing: Pacing, plan: AreaPlan
) -> Collection:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from edge.cameras.board import CameraState
    from edge.collecting import collection as collecting
    from edge.collecting.numbered import NumberedPictures
    from edge.collecting.sieve import Sieve

    columns = (TextColumn("taken"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    collection = collecting.Collection(count)
    folder = NumberedPictures(output, capture.options.name)
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=count)

        def show(so_far: Collection, state: CameraState) -> None:
            lost = f"  camera lost: {capture.lost_because}" if state is CameraState.STALLED else ""
            progress.update(
                task, completed=len(so_far.taken), description=f"refused: {so_far.refused_text()}{lost}"
            )

        try:
            collecting.collect(capture, Sieve(limits), folder, collection, pacing, show, plan)
        except KeyboardInterrupt:
            progress.console.print("interrupted; what was taken is kept")
    return collection


def _report(collection: Collection, skipped: tuple[str, ...], output: Path, *, as_json: bool) -> None:
    if as_json:
        facts = {
            "wanted": collection.wanted,
            "taken": [str(path) for path in collection.taken],
            "missing": collection.missing,
            "refused": {reason.name.lower(): number for reason, number in collection.refused.items()},
            "skipped": list(skipped),
        }
        typer.echo(json.dumps(facts))
        return
    line = f"{len(collection.taken)} of {collection.wanted} pictures taken to {output}"
    line += f"; {collection.missing} missing" if collection.missing else ""
    line += f"; refused: {collection.refused_text()}"
    line += f"; could not decode {', '.join(skipped)}" if skipped else ""
    typer.echo(line)
