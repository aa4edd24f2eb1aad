"""Measured thresholds to tables: published divisions, precisions, copies in the fit, milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.calibration_results import (
    AugmentCell,
    Augmented,
    CalibrationFile,
    Cell,
    PrecisionCell,
    PublishedCell,
    Shares,
    Timings,
)
from benchmarks.conditions import headline
from benchmarks.tables import Table, number


def head(cells: Sequence[Cell]) -> str:
    """When and where the cells were measured; one paragraph for each code and machine."""
    runs: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        day = cell.measured.date().isoformat() if cell.measured else ""
        line = cell.conditions.as_line() if cell.conditions else ""
        runs.setdefault((day, line), []).append(" ".join(cell.key))
    paragraphs = []
    for (day, line), names in runs.items():
        what = f" ({', '.join(names)})" if len(runs) > 1 else ""
        how = f"on: {line}" if line else "under conditions that were not kept"
        paragraphs.append(f"Measured{what} {day} by `make benchmark-calibration` {how}.".replace("  ", " "))
    return "\n\n".join(paragraphs) or "Not measured."


def published_tables(cells: Sequence[PublishedCell]) -> list[Table]:
    """Evidence on the published divisions, and what each way of setting the threshold gives there."""
    if not cells:
        return []
    evidence = [
        (
            cell.model,
            cell.set,
            f"{cell.training} / {cell.held_out}",
            f"{cell.farther:+.1%}",
            str(cell.duplicates),
            f"{cell.ranks_p:.2g}",
        )
        for cell in cells
    ]
    columns = ("model", "set", "training / good test", "farther away", "near-duplicates", "chance of such ranks")
    ways = [
        (
            cell.model,
            cell.set,
            way.way,
            f"{way.false_alarms:.1%}" + (f" ({way.lowest:.1%} to {way.highest:.1%})" if way.splits > 1 else ""),
            f"{way.chance:.2g}",
            f"{way.missed:.1%}",
        )
        for cell in cells
        for way in cell.ways
    ]
    named = ("model", "set", "threshold from", "false alarms", "chance of as many", "missed defects")
    return [
        Table("Are good test pictures like those of the training?", columns, evidence),
        Table("5 % stated, on the good test pictures", named, ways, names=3),
    ]


def precision_tables(cells: Sequence[PrecisionCell]) -> list[Table]:
    """FP32, INT8 with the threshold of FP32, INT8 with its own."""
    if not cells:
        return []
    rows = [
        (
            cell.model,
            cell.set,
            *(part for shares in (cell.fp32, cell.carried, cell.int8) for part in _shares(shares)),
        )
        for cell in cells
    ]
    kinds = ("FP32", "INT8 with the threshold of FP32", "INT8 with its own")
    columns = ("model", "set", *(f"{kind}: {what}" for kind in kinds for what in ("false alarms", "missed")))
    return [Table(f"{cells[0].stated:.0%} stated, over {cells[0].splits} random splits", columns, rows)]


def augment_tables(cells: Sequence[AugmentCell]) -> list[Table]:
    """AUROC and false alarms under each change, for every kind of copies."""
    if not cells:
        return []
    changes = list(dict.fromkeys(row.change for row in cells[0].rows))
    found = {(cell.key, row.kind, row.change): row for cell in cells for row in cell.rows}
    kinds = list(dict.fromkeys(row.kind for row in cells[0].rows))

    def table(title: str, shown: Callable[[Augmented], str]) -> Table:
        rows = [
            (*cell.key, kind, *(shown(found[cell.key, kind, change]) for change in changes))
            for cell in cells
            for kind in kinds
        ]
        return Table(title, ("model", "set", "in the fit", *changes), rows, names=3)

    natural = [
        (
            cell.model,
            cell.set,
            f"{cell.natural['shift']:.2%}",
            f"{cell.natural['rotation']:.2f}",
            f"{cell.natural['brightness']:.1%}",
            f"{cell.natural['blur']:.2%}",
        )
        for cell in cells
    ]
    ranges = ("model", "set", "shift", "rotation, degrees", "brightness", "blur")
    return [
        table("Image AUROC under each change", lambda row: f"{row.image_auroc:.4f}"),
        table("False alarms under each change, 5 % stated", lambda row: f"{row.false_alarms:.1%}"),
        table("Missed defects under each change", lambda row: f"{row.missed:.1%}"),
        Table("How good pictures vary", ranges, natural),
    ]


def timing_tables(timings: Timings | None) -> list[Table]:
    """Milliseconds by method."""
    if timings is None:
        return []
    rows = [(each.what, number(each.p50_ms, 2), number(each.highest_ms, 2)) for each in timings.timed]
    return [Table("10,000 scores, one core", ("method", "p50 ms", "highest ms"), rows, names=1)]


def timing_head(results: CalibrationFile) -> str:
    """Where and when, and whether the machine was left alone."""
    timings = results.timing
    if timings is None:
        return "Not measured."
    loads = [each.others_cores for each in timings.timed]
    command = "python -m benchmarks.calibration --parts timing"
    return headline(timings.measured, command, timings.conditions, loads, runs="timings")


def _shares(shares: Shares) -> tuple[str, str]:
    return f"{shares.mean:.1%} ({shares.low:.1%} to {shares.high:.1%})", f"{shares.missed:.1%}"
