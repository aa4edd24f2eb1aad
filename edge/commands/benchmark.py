"""``edge-ad benchmark``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edge.benchmark.shown import Delivered
    from edge.cameras.options import CameraOptions
    from edge.pictures import Picture

LEAST_STREAMS = 4


def benchmark(
    model: Annotated[Path, typer.Option("--model", help="The .xml file of a bundle.")],
    camera: Annotated[
        str | None, typer.Option("--camera", help="Measure with its pictures. [drawn ones of 1920 x 1080]")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="AUTO, CPU, GPU or NPU.")] = "AUTO",
    seconds: Annotated[float, typer.Option("--seconds", min=0.2, max=600, help="Time for each figure.")] = 3.0,
    streams: Annotated[
        int | None,
        typer.Option("--streams", min=1, max=64, help="Most cameras at once. [processors, at least 4]"),
    ] = None,
    fps: Annotated[float | None, typer.Option("--fps", help="Rate asked of a device.")] = None,
    width: Annotated[int | None, typer.Option("--width", help="Columns asked of a device, pixels.")] = None,
    height: Annotated[int | None, typer.Option("--height", help="Rows asked of a device, pixels.")] = None,
    fourcc: Annotated[str | None, typer.Option("--fourcc", help="Pixel format of a device, e.g. MJPG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Measure a model on this computer and recommend settings for it.

    Each stage of one frame, the frames per second of the daemon on 1, 2, 4 ... cameras that play from memory,
    memory and start, for every hint and precision that the device offers. Let nothing else run meanwhile.

    \b
    Example: edge-ad benchmark --model bottle.xml
             edge-ad benchmark --model bottle.xml --camera 0 --width 1920 --height 1080 --seconds 10
    """
    import tempfile

    from edge import progress
    from edge.benchmark.computer import Computer, Plan
    from edge.benchmark.shown import drawn
    from edge.benchmark.tables import print_benchmark
    from edge.cameras.options import camera_options
    from edge.inference.bundle import load_bundle

    bundle = load_bundle(model)
    pictures: list[Picture]
    delivered: Delivered | None
    pictures, delivered = drawn(), None
    if camera is not None:
        options = camera_options(source=camera, fps=fps, width=width, height=height, fourcc=fourcc)
        pictures, delivered = _look(options, seconds)
    most = streams or max(LEAST_STREAMS, os.cpu_count() or 1)
    plan = Plan(bundle, device, seconds, most, pictures, delivered)
    with tempfile.TemporaryDirectory(prefix="edge-ad-") as folder:
        computer = Computer(plan, Path(folder))
        with progress.bar(f"measuring {model.name}", computer.steps) as seen:
            result = computer.measure(seen)
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
    else:
        print_benchmark(result)


def _look(options: CameraOptions, seconds: float) -> tuple[list[Picture], Delivered]:
    from edge import progress
    from edge.benchmark.shown import taken
    from edge.cameras.address import without_password

    with progress.bar("what the camera delivers", 1) as seen:
        return taken(options, without_password(options.source), seconds, seen=seen)
