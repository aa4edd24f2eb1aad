"""Progress of teaching for a person at a terminal, or line by line for a machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from edge.teaching.progress import Progress, Show

if TYPE_CHECKING:
    from rich.table import Table

    from edge.teaching.at_camera import Shift
    from edge.teaching.making import Made

LINE_EVERY_S = 0.5


@contextmanager
def in_terminal() -> Iterator[Show]:
    """Shows the collection on standard error; it stays there, and what comes after has bars of its own."""
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    with Live(console=console, refresh_per_second=4) as live:

        def show(progress: Progress) -> None:
            if progress.state == "collecting":
                live.update(_table(progress))
            elif live.is_started:
                live.stop()
                if not console.is_terminal:
                    console.line()  # into a file it ends without one
            if progress.state == "stopped":
                console.print(progress.reason, style="bold")

        yield show


@contextmanager
def as_lines() -> Iterator[Show]:
    """Prints one JSON object per line on standard output, at most two in a second while nothing decides."""
    said: list[Progress] = []
    said_s = 0.0

    def show(progress: Progress) -> None:
        nonlocal said_s
        now_s = time.monotonic()
        before = said[-1] if said else None
        if progress == before:
            return
        if before is None or before.state != progress.state or now_s - said_s >= LINE_EVERY_S:
            typer.echo(progress.model_dump_json())
            said[:], said_s = [progress], now_s

    yield show


def _table(progress: Progress) -> Table:
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column()
    bar = ProgressBar(total=progress.wanted, completed=min(progress.taken, progress.wanted), width=40)
    grid.add_row("taken", f"{progress.taken} of {progress.wanted}")
    grid.add_row("", bar)
    grid.add_row("refused", refused_text(progress.refused))
    grid.add_row("threshold", threshold_text(progress))
    if progress.advice:
        grid.add_row("look", progress.advice)
    return grid


def refused_text(refused: dict[str, int]) -> str:
    """``3 blurred, 1 dark``, or ``none``."""
    most_first = sorted(refused.items(), key=lambda item: -item[1])
    return ", ".join(f"{number} {reason.replace('_', ' ')}" for reason, number in most_first) or "none"


def threshold_text(progress: Progress) -> str:
    """``1.31, moved 4 % since the estimate before: still settling``."""
    if progress.threshold is None:
        return "not yet: more pictures are needed"
    if progress.moved is None:
        return f"{progress.threshold:.4g}"
    how = "settled" if progress.stable else "still settling"
    return f"{progress.threshold:.4g}, moved {progress.moved:.0%} since the estimate before: {how}"


def ready(made: Made, shift: Shift) -> str:
    """That a model is ready, and what a person is to expect of it."""
    false_alarms = shift.false_alarms(made.taught.calibration.false_alarm_rate)
    if false_alarms is None:
        return "ready; --parts-per-hour, or parts_per_hour of [line], tells the false alarms of a shift"
    return f"ready; expect at most {false_alarms:.3g} false alarms in a shift of {shift.hours:g} h, on average"
