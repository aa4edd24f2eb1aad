"""The bar of a training: epoch, losses, time left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from train.training.log import Epoch


def warn(words: str) -> None:
    """Says on standard error what stops nothing; above the bar, where one is shown."""
    sys.stderr.write(f"warning: {words}\n")


class Shown(Protocol):
    """What the loop tells the bar."""

    def step(self) -> None: ...

    def epoch(self, line: Epoch) -> None: ...


@contextmanager
def bar(epochs: int, done: int, steps: int) -> Iterator[Shown]:
    """Shows a bar on standard error while the block runs.

    Args:
        epochs: at most.
        done: epochs before this block, of a training that goes on.
        steps: per epoch.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<34}"), BarColumn(), TextColumn("{task.fields[loss]}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task(
            f"training: epoch {done + 1}/{epochs}", total=epochs * steps, completed=done * steps, loss=""
        )

        class Bar:
            def step(self) -> None:
                progress.advance(task)

            def epoch(self, line: Epoch) -> None:
                watched = "" if line.watched_loss is None else f" ({line.watched_loss:.4g} watched)"
                description = f"training: epoch {min(line.epoch + 1, epochs)}/{epochs}"
                progress.update(task, description=description, loss=f"loss {line.loss:.4g}{watched}")

        yield Bar()
