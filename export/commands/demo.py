"""``edge-ad demo``."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Annotated

import typer

from export.commands.export import Precision


def demo(
    output: Annotated[
        Path, typer.Option("--output", help="Folder for everything; empty, or of an earlier demo.")
    ] = Path("demo-output"),
    model: Annotated[str, typer.Option("--model", help="See 'edge-ad models'.")] = "padim",
    precision: Annotated[Precision, typer.Option("--precision", help="Of the exported network.")] = Precision.INT8,
    fps: Annotated[
        float, typer.Option("--fps", min=0.5, max=100.0, help="Cells per second that pass the camera.")
    ] = 10.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="The summary for machines; all else goes to standard error.")
    ] = False,
) -> None:
    """Show the whole chain on real photographs of solar cells.

    Trains, exports, calibrates, evaluates, runs a station and subscribes, in a few minutes; every command is shown
    as it could be typed. Exit code 1 where a step fails, an alert is missing, or the model is less accurate than
    it should be. Needs: pip install 'edge-ad[train,demo]'

    \b
    Example:
      edge-ad demo
      edge-ad demo --output demo-output --model patchcore --precision fp16
    """
    from edge.errors import DemoError
    from export.demo.demo import run_demo
    from export.demo.folder import DemoFolder
    from export.demo.summary import as_table

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: no child outlives the demo
    folder = DemoFolder(output)
    summary = run_demo(folder, model=model, precision=precision.value, fps=fps, on_stderr=as_json)
    if as_json:
        typer.echo(json.dumps(summary.as_json()))
    else:
        from rich.console import Console

        Console().print(as_table(summary, folder))
    complaints = summary.complaints()
    if complaints:
        raise DemoError(f"the demo failed: {'; '.join(complaints)}", hint=f"see {folder.summary}")
