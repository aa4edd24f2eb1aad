"""``edge-ad run``."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event
from typing import Annotated

import typer


def run(
    camera: Annotated[
        str | None,
        typer.Option(
            "--camera",
            help="Index, device, video, folder or glob of pictures, memory:FOLDER, rtsp:// or http:// address, "
            "pipeline, or genicam:SERIAL.",
        ),
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="The .xml file of a bundle, or NAME[@VERSION] of the store.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Station file (TOML).")] = None,
    station: Annotated[str | None, typer.Option("--station", help="Name of the station in topics.")] = None,
    events: Annotated[str | None, typer.Option("--events", help="Address of results and alerts.")] = None,
    heatmaps: Annotated[str | None, typer.Option("--heatmaps", help="Address of heatmaps.")] = None,
    control: Annotated[str | None, typer.Option("--control", help="Address of requests.")] = None,
    device: Annotated[str | None, typer.Option("--device", help="AUTO, CPU, GPU or NPU.")] = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Raw score, instead of the calibrated one.")
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option("--mode", help="free-run, trigger (a PLC asks) or hardware (each frame is a part)."),
    ] = None,
    fps: Annotated[
        float | None, typer.Option("--fps", help="Pace of pictures and videos; rate asked of a device.")
    ] = None,
    width: Annotated[int | None, typer.Option("--width", help="Columns asked of a device, pixels.")] = None,
    height: Annotated[int | None, typer.Option("--height", help="Rows asked of a device, pixels.")] = None,
    fourcc: Annotated[str | None, typer.Option("--fourcc", help="Pixel format of a device, e.g. MJPG.")] = None,
    exposure: Annotated[
        float | None, typer.Option("--exposure", help="Fixed exposure, in the driver's unit.")
    ] = None,
    loop: Annotated[
        bool | None, typer.Option("--loop", help="Start pictures and videos again at their end.")
    ] = None,
    state_dir: Annotated[
        Path | None, typer.Option("--state-dir", help="Folder for alerts and compiled models.")
    ] = None,
    log_format: Annotated[str | None, typer.Option("--log-format", help="text or json.")] = None,
    wait_for_subscribers: Annotated[
        int, typer.Option("--wait-for-subscribers", min=0, help="Judge nothing before so many readers came.")
    ] = 0,
    check: Annotated[bool, typer.Option("--check", help="Only check the settings and the model.")] = False,
) -> None:
    """Judge camera frames with a model and publish results, alerts and heatmaps over ZeroMQ.

    Settings come from the command line, else EDGE_AD_* in the environment, else --config, else defaults.
    A folder or video ends the command at its end; everything else runs until it is stopped.

    \b
    Example:
      edge-ad run --camera 0 --model bottle.xml
      edge-ad run --camera 'pictures/*.png' --model bottle.xml --fps 5 --loop
      edge-ad run --camera /dev/video2 --width 1920 --height 1080 --fourcc MJPG --mode trigger --model bottle.xml
      edge-ad run --config configs/station.toml --check
    """
    from edge.stop_signals import stop_signals

    stopping = Event() if check else stop_signals()
    from edge.config.load import load_station
    from edge.config.ready import require_runnable

    overrides = {
        "camera.source": camera,
        "camera.mode": mode,
        "camera.fps": fps,
        "camera.width": width,
        "camera.height": height,
        "camera.fourcc": fourcc,
        "camera.exposure": exposure,
        "camera.loop": loop,
        "model": model,
        "station": station,
        "bus.events": events,
        "bus.heatmaps": heatmaps,
        "bus.control": control,
        "device": device,
        "threshold": threshold,
        "state_dir": state_dir,
        "log.format": log_format,
    }
    settings = load_station(config, environ=os.environ, overrides=overrides)
    require_runnable(settings)
    if check:
        from edge.check import check_station

        typer.echo(check_station(settings))
        return
    from edge.daemon import Daemon
    from edge.log import start_logging
    from edge.process_end import not_waiting_for_threads

    start_logging(settings.log.format, settings.log.level)
    with not_waiting_for_threads():
        Daemon(settings, stopping, wait_for_subscribers=wait_for_subscribers).run()
