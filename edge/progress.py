"""Progress bars on standard error, so that standard output stays for results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]


def silent(done: int) -> None:
    """For callers that show no bar."""


@contextmanager
def bar(description: str, total: int | None) -> Iterator[Advance]:
    """Shows a bar with counts and the time left while the block runs.

    Args:
        description: what is being done, e.g. "features of good pictures".
        total: number of steps; None where it is not known.

    Yields:
        A function that is called with the number of steps just done.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(description, total=total)
        yield lambda done: progress.advance(task, done)
        if total is None:
            progress.update(task, total=1, completed=1)
