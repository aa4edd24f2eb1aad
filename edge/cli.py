"""The front door: ``edge-ad COMMAND``.

Each room registers its own commands by name, so that the device side never imports the workstation's code, and
``edge-ad --help`` loads nothing heavier than Typer.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from typing import Annotated

import typer

from edge.errors import EdgeAdError
from edge.process_end import complain

INTERRUPTED = 130  # 128 + SIGINT, as a shell counts
ROOMS = ("edge.commands", "train.commands", "export.commands")

app = typer.Typer(
    name="edge-ad",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Visual anomaly detection for factory lines: train on good parts, run on a small computer.",
    epilog="Five minutes to a first result: 'edge-ad demo'. Errors with their traceback: 'edge-ad --debug ...'.",
)


@app.callback()
def options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks instead of one-line errors.")] = False,
) -> None:
    if debug:
        os.environ["EDGE_AD_DEBUG"] = "1"
    if not os.environ.get("EDGE_AD_DEBUG"):
        os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # a picture it cannot decode is named by us
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for room in ROOMS:
    importlib.import_module(room).register(app)


def main() -> None:
    """Runs a command; a user sees one line per error: exit code 2 for wrong usage, 1 for a failure."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files may be in no encoding at all
    try:
        code = app(standalone_mode=False)
    except EdgeAdError as error:
        if os.environ.get("EDGE_AD_DEBUG"):
            raise
        _fail(str(error), error.exit_code)
    except OSError as error:  # what no command foresaw: a folder without permission, a full disk, a closed pipe
        if os.environ.get("EDGE_AD_DEBUG"):
            raise
        _fail(f"{error.strerror or error}: {error.filename or 'standard output'}", 1)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "edge-ad"
        text = error.format_message() if hasattr(error, "format_message") else str(error)
        _fail(f"{text.rstrip('.')}; see '{path} --help'", 2)
    except typer.Abort:
        code = INTERRUPTED
    if code == INTERRUPTED:  # Typer turns Ctrl-C into this exit code
        _fail("interrupted", INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, exit_code: int) -> None:
    complain(message)
    sys.exit(exit_code)
