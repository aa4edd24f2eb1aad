"""The demo's commands: shown as a user would type them, run as processes of their own, ended with the demo."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

import typer

from edge.errors import DemoError

STOP_WITHIN_S = 5.0
Process = subprocess.Popen[bytes]


class Steps:
    """Tells the steps of the demo and runs their commands, one after the other.

    Args:
        total: how many steps there will be.
        on_stderr: tell everything on standard error, the commands' results too, and leave standard output alone.
    """

    def __init__(self, total: int, *, on_stderr: bool = False) -> None:
        self._total = total
        self._told = 0
        self._on_stderr = on_stderr

    def tell(self, line: str = "") -> None:
        # Named, not by default: a progress bar takes the place of these streams, and Typer would look past it.
        typer.echo(line, file=sys.stderr if self._on_stderr else sys.stdout)

    def title(self, what: str) -> None:
        """Announces the next step."""
        self._told += 1
        self.tell(typer.style(f"\n[{self._told}/{self._total}] {what}", bold=True))

    def show(self, arguments: Sequence[str]) -> None:
        """Shows a command as it could be typed."""
        self.tell(typer.style(f"$ {shlex.join(('edge-ad', *arguments))}", fg=typer.colors.CYAN))

    def run(self, what: str, *arguments: str) -> None:
        """Announces a step, shows its command and runs it.

        Raises:
            DemoError: the command ended with an exit code other than 0; it has said why.
        """
        self.title(what)
        self.show(arguments)
        with started(arguments, stdout=sys.stderr if self._on_stderr else None) as process:
            code = process.wait()
        if code:
            raise DemoError(f"'edge-ad {arguments[0]}' failed with exit code {code}", hint="it said why, above")


@contextmanager
def started(
    arguments: Sequence[str], *, stdout: IO[str] | None, stderr: IO[str] | None = None
) -> Iterator[Process]:
    """Runs ``edge-ad ARGUMENTS`` beside the block and stops it where it outlives the block.

    Args:
        arguments: of the command.
        stdout, stderr: files that take its output; None for the demo's own.
    """
    process = subprocess.Popen([sys.executable, "-m", "edge", *arguments], stdout=stdout, stderr=stderr)
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: Process) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
