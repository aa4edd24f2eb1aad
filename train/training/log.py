"""What a training writes down: one line per epoch, and the losses as a curve."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from edge.durable import write_whole
from edge.errors import UsageError

LOG, CURVE = "training.csv", "training.svg"


class Epoch(BaseModel):
    """One line of ``training.csv``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epoch: int = Field(ge=1)
    loss: float = Field(description="mean over the learnt pictures, while the weights changed")
    watched_loss: float | None = Field(
        description="on the good pictures that are watched; null without any, or where it is no number"
    )
    learning_rate: float
    seconds: float = Field(description="of the epoch, as the clock on the wall went")
    separation: float | None = Field(
        description="mean score of defective test pictures over that of good ones; null where that is not positive"
    )


def write_log(path: Path, epochs: Sequence[Epoch]) -> None:
    """Writes the whole log; it is short, and a log that goes on after a pause is then never doubled.

    Raises:
        UsageError: the file cannot be written.
    """
    text = io.StringIO()
    lines = csv.DictWriter(text, list(Epoch.model_fields))
    lines.writeheader()
    lines.writerows(line.model_dump() for line in epochs)
    _write(path, text.getvalue().encode())


def write_plot(path: Path, epochs: Sequence[Epoch]) -> None:
    """Draws the losses over the epochs as SVG.

    Raises:
        UsageError: the file cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "edge-ad"}):
        figure = Figure(figsize=(6.4, 3.2), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        numbers = [line.epoch for line in epochs]
        axes.plot(numbers, [line.loss for line in epochs], label="learnt pictures")
        watched = [(line.epoch, line.watched_loss) for line in epochs if line.watched_loss is not None]
        if watched:
            axes.plot(*zip(*watched, strict=True), label="watched pictures")
        axes.set(xlabel="epoch", ylabel="loss")
        if all(line.loss > 0 and (line.watched_loss or 1) > 0 for line in epochs):
            axes.set_yscale("log")
        axes.legend(loc="upper right")  # the one corner that falling losses leave free; looking for it is slow
        drawn = io.BytesIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    _write(path, drawn.getvalue())


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", hint="free the disk") from error
