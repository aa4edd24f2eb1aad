"""The figures as tables and words for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from edge.benchmark.computer import Benchmark
from edge.benchmark.rates import Rate
from edge.benchmark.spread import Spread
from edge.benchmark.stages import Stages

STAGES = ("preprocess", "camera_check", "inference", "postprocess", "publish", "total")
PIPED_COLUMNS = 160


def print_benchmark(result: Benchmark) -> None:
    """Prints everything to standard output; wide enough where that is no terminal."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPED_COLUMNS)
    console.print(_head(result), highlight=False, soft_wrap=True)
    for table in (_stages(result), _rates(result)):
        console.print(table)
    for line in _words(result):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _head(result: Benchmark) -> str:
    shown = f"{result.frame_width} x {result.frame_height}"
    line = (
        f"{result.model}, network {result.network_precision}, on {result.device} ({result.device_name}), "
        f"pictures of {shown}"
    )
    if camera := result.camera:
        line += (
            f"\ncamera {camera.source}: {camera.frames_per_s:.1f} frames per second, "
            f"{_spread(camera.interval_ms)} ms apart (p50 / p90 / p99)"
        )
    return line


def _stages(result: Benchmark) -> Table:
    table = _table(
        "One frame at a time, ms: p50 / p90 / p99",
        ["hint", "precision", *(stage.replace("_", " ") for stage in STAGES)],
    )
    for cell in result.cells:
        table.add_row(cell.hint, _named(cell.precision, own=cell.calibrated), *_stage_texts(cell.stages))
    return table


def _rates(result: Benchmark) -> Table:
    counts = [each.streams for each in result.cells[0].rates]
    columns = [f"{count} camera{'s' if count > 1 else ''}" for count in counts]
    table = _table(
        "Cameras as fast as they are read, by the daemon: frames per second",
        ["hint", "precision", *columns, "first verdict s", "daemon MB", "each camera MB"],
    )
    for cell in result.cells:
        rates = [f"{each.frames_per_s:.0f}" for each in cell.rates]
        one = cell.rates[0]
        table.add_row(
            cell.hint,
            _named(cell.precision, own=cell.calibrated),
            *rates,
            f"{one.first_verdict_s:.2f}",
            "-" if one.resident_mb is None else f"{one.resident_mb:.0f}",
            _each_camera(cell.rates[-1]),
        )
    return table


def _words(result: Benchmark) -> Iterator[str]:
    yield "Recommended for this computer, in the station file:"
    yield ""
    yield result.advice.toml()
    for reason in result.advice.reasons:
        yield f"- {reason}"
    if result.camera:
        own = next(cell for cell in result.cells if cell.calibrated and cell.hint == result.advice.hint)
        yield f"- {_cameras_like_this(own.best_rate, result.camera.frames_per_s)}"
    yield "* with this precision the threshold was set; with another one the scores move, so calibrate again"


def _cameras_like_this(judged: float, delivered: float) -> str:
    return (
        f"this camera delivers {delivered:.1f} frames per second and the station judges up to {judged:.0f}: "
        f"every frame of {int(judged / max(delivered, 1e-9))} such cameras"
    )


def _each_camera(rate: Rate) -> str:
    return "-" if rate.capture_mb is None else f"{rate.capture_mb / rate.streams:.0f}"


def _stage_texts(stages: Stages) -> list[str]:
    return [_spread(getattr(stages, stage)) for stage in STAGES]


def _spread(spread: Spread) -> str:
    return f"{spread.p50:.2f} / {spread.p90:.2f} / {spread.p99:.2f}"


def _named(precision: str, *, own: bool) -> str:
    return f"{precision} *" if own else precision


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < 2 else "right")
    return table
