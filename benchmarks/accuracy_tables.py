"""Cells to tables: means over seeds, and targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean, median

from benchmarks.cell import Cell
from benchmarks.conditions import Conditions, quiet
from benchmarks.tables import Table, number


@dataclass(frozen=True)
class Target:
    """A figure that the default model must reach, as a mean over seeds."""

    model: str
    set: str
    figure: str
    least: float


TARGETS = (
    Target("padim", "bottle", "image_auroc", 0.999),
    Target("padim", "bottle", "pixel_auroc", 0.985),
    Target("padim", "capsule", "image_auroc", 0.96),
)

Group = Sequence[Cell]


def tables(cells: Sequence[Cell]) -> list[Table]:
    """All tables, one row for each model and set."""
    groups = grouped(cells)
    return [_targets(cells), _images(groups), _maps(groups), _thresholds(groups), _costs(groups)]


def head(conditions: Conditions, cells: Sequence[Cell]) -> str:
    """Where and when the cells were measured."""
    days = sorted({cell.measured.date().isoformat() for cell in cells})
    when = " to ".join(dict.fromkeys((days[0], days[-1])))
    disturbed = sum(not quiet(cell.others_cores) for cell in cells)
    seconds = f" Other work disturbed the seconds of {disturbed} of {len(cells)} runs." if disturbed else ""
    return f"Measured {when} by `make benchmark-accuracy` on: {conditions.as_line()}.{seconds}"


def grouped(cells: Sequence[Cell]) -> list[Group]:
    """Cells of one model and set together, seeds ascending."""
    ordered = sorted(cells, key=lambda cell: cell.key)
    return [list(group) for _, group in groupby(ordered, key=lambda cell: (cell.model, cell.set))]


def mean(group: Group, figure: str) -> float | None:
    """Mean of a figure over seeds; None where the set cannot give it."""
    values = [getattr(cell, figure) for cell in group]
    return None if None in values or not values else fmean(values)


def _targets(cells: Sequence[Cell]) -> Table:
    rows = []
    for target in TARGETS:
        group = [cell for cell in cells if (cell.model, cell.set) == (target.model, target.set)]
        reached = mean(group, target.figure)
        if reached is None:
            outcome, below = "not measured", "-"
        else:
            outcome = "reached" if reached >= target.least else "not reached"
            below = f"{sum(getattr(cell, target.figure) < target.least for cell in group)} of {len(group)}"
        named = (target.model, target.set, target.figure.replace("_", " ").replace("auroc", "AUROC"))
        rows.append((*named, f">= {target.least}", number(reached, 4), outcome, below))
    columns = ("model", "set", "figure", "target", "mean over seeds", "outcome", "seeds below")
    return Table("Targets", columns, rows, names=3)


def _images(groups: Sequence[Group]) -> Table:
    spread = ("image AUROC", "lowest to highest seed", "95 % interval")
    columns = ("model", "set", "seeds", *spread, "fp32 AUROC", "AP", "best F1")
    return _table("Pictures: good or anomalous", columns, groups, _image_row)


def _image_row(group: Group) -> Sequence[str]:
    aurocs = [cell.image_auroc for cell in group]
    low = fmean(cell.image_auroc_interval[0] for cell in group)
    high = fmean(cell.image_auroc_interval[1] for cell in group)
    return (
        str(len(group)),
        number(fmean(aurocs), 4),
        f"{min(aurocs):.4f} to {max(aurocs):.4f}",
        f"{low:.3f} to {high:.3f}",
        number(mean(group, "fp32_image_auroc"), 4),
        number(mean(group, "image_ap")),
        number(mean(group, "best_f1")),
    )


def _maps(groups: Sequence[Group]) -> Table:
    columns = ("model", "set", "pixel AUROC", "AUPRO to 30 %", "maximum inside a defect's box")
    located = [group for group in groups if any(_map_figures(group))]
    return _table(
        "Heatmaps: where the defect is",
        columns,
        located,
        lambda group: [number(v, 4) for v in _map_figures(group)],
    )


def _map_figures(group: Group) -> list[float | None]:
    return [mean(group, name) for name in ("pixel_auroc", "pixel_aupro", "box_hit_rate")]


def _thresholds(groups: Sequence[Group]) -> Table:
    columns = (
        "model",
        "set",
        "fitted / calibrated on",
        "promised false alarms",
        "realized",
        "lowest to highest seed",
        "chance of as many",
        "F1",
    )
    return _table("The calibrated threshold on good test pictures", columns, groups, _threshold_row)


def _threshold_row(group: Group) -> Sequence[str]:
    shares = [cell.false_alarms / cell.good for cell in group]
    return (
        f"{group[0].fitted} / {group[0].calibrated}",
        f"<= {fmean(cell.promised_rate for cell in group):.1%}",
        f"{fmean(shares):.1%} of {group[0].good}",
        f"{min(shares):.1%} to {max(shares):.1%}",
        f"{median(cell.false_alarms_chance for cell in group):.2g}",
        number(mean(group, "image_f1")),
    )


def _costs(groups: Sequence[Group]) -> Table:
    columns = ("model", "set", "training s", "export s", "bundle MB", "INT8 refused by export")
    return _table("Costs", columns, groups, _cost_row)


def _cost_row(group: Group) -> Sequence[str]:
    return (
        number(mean(group, "train_s"), 1),
        number(mean(group, "export_s"), 1),
        number(fmean(cell.bundle_bytes for cell in group) / 1e6, 1),
        f"{sum(bool(cell.refused) for cell in group)} of {len(group)}",
    )


def _table(
    title: str, columns: Sequence[str], groups: Sequence[Group], figures: Callable[[Group], Sequence[str]]
) -> Table:
    return Table(title, columns, [(group[0].model, group[0].set, *figures(group)) for group in groups])
