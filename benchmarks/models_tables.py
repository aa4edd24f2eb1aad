"""Rows of all models to tables, and to what ``edge-ad models`` shows."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from benchmarks.accuracy_tables import grouped, mean
from benchmarks.cell import FIGURES, Cell
from benchmarks.conditions import Conditions, quiet
from benchmarks.models_results import ModelsFile, Row, Speed
from benchmarks.published import PUBLISHED, Published
from benchmarks.tables import Table, number

DEFAULT, FAST, WINDOWED = "padim", "shallow", "padim, window"  # whose goals are looked at
LATENCIES = {"network_ms": "of its network", "frame_ms": "from a 1080p frame to its verdict"}
FIGURE_NAMES = {"image_auroc": "image AUROC", "pixel_auroc": "pixel AUROC", "best_f1": "best F1"}


def tables(results: ModelsFile, order: Sequence[str]) -> list[Table]:
    """One table for each set, then what was published, then the goals.

    Args:
        results: at least one row.
        order: of the recipes in the tables.
    """
    sets = dict.fromkeys(row.cell.set for row in results.rows)
    ranked = {name: place for place, name in enumerate(order)}
    rows = sorted(results.rows, key=lambda row: (ranked.get(row.cell.model, len(ranked)), row.cell.key))
    each = [_of_set(name, [row for row in rows if row.cell.set == name], results) for name in sets]
    return [*each, _published(results), _goals(results)]


def head(results: ModelsFile) -> str:
    """Where and when the rows were measured."""
    days = sorted({row.cell.measured.date().isoformat() for row in results.rows})
    when = " to ".join(dict.fromkeys((days[0], days[-1])))
    where = list(dict.fromkeys(_without_code(row.conditions) for row in results.rows))
    timed = [row.speed for row in results.rows if row.speed]
    disturbed = sum(not quiet(speed.others_cores) for speed in timed)
    trust = f" Other work disturbed the timing of {disturbed} of {len(timed)} models." if disturbed else ""
    return f"Measured {when} by `make benchmark-models` on: {'; and '.join(where)}.{trust}{_trained(results)}"


def measured(results: ModelsFile) -> dict[str, dict[str, dict[str, float | None]]]:
    """Mean figures by model and set, with what they cost."""
    found: dict[str, dict[str, dict[str, float | None]]] = {}
    for group in grouped([row.cell for row in results.rows]):
        first = group[0]
        figures = {name: mean(group, name) for name in FIGURES}
        speed = speed_of(results, first.model)
        figures |= {
            "network_ms": speed.network_ms if speed else None,
            "frame_ms": speed.frame_ms if speed else None,
            "bundle_mb": fmean(cell.bundle_bytes for cell in group) / 1e6,
            "train_s": mean(group, "train_s"),
        }
        rounded = {name: None if value is None else round(value, 4) for name, value in figures.items()}
        found.setdefault(first.model, {})[first.set] = rounded
    return found


def speed_of(results: ModelsFile, recipe: str) -> Speed | None:
    """What was timed for a recipe; None where nothing was yet."""
    return next((row.speed for row in results.rows if row.cell.model == recipe and row.speed), None)


def _of_set(name: str, rows: Sequence[Row], results: ModelsFile) -> Table:
    masks = any(row.cell.pixel_auroc is not None for row in rows)
    boxes = any(row.cell.box_hit_rate is not None for row in rows)
    columns = ["model", "pictures", "seeds", "image AUROC", "95 % interval", "float AUROC"]
    columns += ["pixel AUROC", "AUPRO"] if masks else []
    columns += ["maximum in a box"] if boxes else []
    columns += ["F1", "best F1", "network ms", "1080p frame ms", "MB", "training"]
    by_recipe = dict.fromkeys(row.cell.model for row in rows)
    body = []
    for recipe in by_recipe:
        of = [row for row in rows if row.cell.model == recipe]
        cells = [row.cell for row in of]
        body.append([recipe, *_pictures(of), *_accuracies(cells, masks, boxes), *_costs(of, results)])
    return Table(f"{name.capitalize()}: all models in INT8", columns, body, names=2)


def _pictures(rows: Sequence[Row]) -> list[str]:
    side = f"{rows[0].height}" if rows[0].height == rows[0].width else f"{rows[0].height}x{rows[0].width}"
    return [f"{side} px", str(len(rows))]


def _accuracies(cells: Sequence[Cell], masks: bool, boxes: bool) -> list[str]:
    low = fmean(cell.image_auroc_interval[0] for cell in cells)
    high = fmean(cell.image_auroc_interval[1] for cell in cells)
    refused = " *" if any(cell.refused for cell in cells) else ""
    figures = [number(mean(cells, "image_auroc"), 4) + refused, f"{low:.3f} to {high:.3f}"]
    figures.append(number(mean(cells, "fp32_image_auroc"), 4))
    figures += [number(mean(cells, name), 4) for name in ("pixel_auroc", "pixel_aupro")] if masks else []
    figures += [number(mean(cells, "box_hit_rate"), 3)] if boxes else []
    return [*figures, number(mean(cells, "image_f1")), number(mean(cells, "best_f1"))]


def _costs(rows: Sequence[Row], results: ModelsFile) -> list[str]:
    speed = speed_of(results, rows[0].cell.model)
    epochs, train_s = rows[0].epochs, fmean(row.cell.train_s for row in rows)
    took = f"{train_s / 60:.0f} min" if train_s > 90 else f"{train_s:.0f} s"
    return [
        number(speed.network_ms if speed else None, 2),
        number(speed.frame_ms if speed else None, 2),
        number(fmean(row.cell.bundle_bytes for row in rows) / 1e6, 1),
        f"{took}, {epochs} epochs" if epochs else took,
    ]


def _published(results: ModelsFile) -> Table:
    rows = [line for published in PUBLISHED if (line := _against(published, results))]
    columns = ("model", "set", "figure", "published", "reached", "difference", "why not")
    return Table("Against published results", columns, rows, names=3, remarks=1)


def _against(published: Published, results: ModelsFile) -> Sequence[str] | None:
    cells = _cells(results, published.model, published.set)
    if not cells:
        return None
    reached = mean(cells, published.figure)
    named = (published.model, published.set, FIGURE_NAMES.get(published.figure, published.figure))
    if reached is None:
        return (*named, f"{published.value:g}", "-", "-", published.note)
    short = reached < published.value
    figures = (f"{published.value:g}", number(reached, 4), f"{reached - published.value:+.4f}")
    return (*named, *figures, _why(published, cells) if short else "")


def _why(published: Published, cells: Sequence[Cell]) -> str:
    """What was written down, or for an AUROC whether it is within what these test pictures can tell."""
    high = fmean(cell.image_auroc_interval[1] for cell in cells)
    if not published.note and published.figure == "image_auroc" and published.value <= high:
        return f"inside the interval up to {high:.3f}"
    return published.note.format_map({name: mean(cells, name) for name in FIGURES})


def _goals(results: ModelsFile) -> Table:
    rows = [
        _at_least(results, DEFAULT, "bottle", "image_auroc", 1.0),
        _at_least(results, DEFAULT, "bottle", "pixel_auroc", 0.99),
        _at_least(results, WINDOWED, "capsule", "image_auroc", 0.985),
        _at_most(f"{WINDOWED}: ms {LATENCIES['frame_ms']}", _ms(results, WINDOWED, "frame_ms"), 5.0),
        _as_good(results, "bottle"),
        _as_good(results, "capsule"),
        *(
            _at_most(f"{FAST}: ms {what}, half of {DEFAULT}'s asked", _ms(results, FAST, of), _half(results, of))
            for of, what in LATENCIES.items()
        ),
    ]
    return Table("Goals", ("goal", "asked", "reached", "outcome"), rows, names=1, remarks=1)


def _mean_of(results: ModelsFile, recipe: str, name: str, figure: str) -> float | None:
    return mean(_cells(results, recipe, name), figure)


def _cells(results: ModelsFile, recipe: str, name: str) -> list[Cell]:
    return [row.cell for row in results.rows if (row.cell.model, row.cell.set) == (recipe, name)]


def _ms(results: ModelsFile, recipe: str, figure: str) -> float | None:
    speed = speed_of(results, recipe)
    return getattr(speed, figure) if speed else None


def _half(results: ModelsFile, figure: str) -> float | None:
    whole = _ms(results, DEFAULT, figure)
    return None if whole is None else whole / 2


def _at_least(results: ModelsFile, recipe: str, name: str, figure: str, least: float) -> Sequence[str]:
    reached = _mean_of(results, recipe, name, figure)
    goal = f"{recipe}: {FIGURE_NAMES[figure]} on {name}"
    return goal, f">= {least:g}", number(reached, 4), _outcome(reached, least)


def _as_good(results: ModelsFile, name: str) -> Sequence[str]:
    asked, reached = (_mean_of(results, recipe, name, "image_auroc") for recipe in (DEFAULT, FAST))
    goal = f"{FAST}: image AUROC on {name}, {DEFAULT}'s asked"
    outcome = _outcome(reached, asked)
    highs = [cell.image_auroc_interval[1] for cell in _cells(results, FAST, name)]
    if asked is not None and outcome == "not reached" and asked <= fmean(highs):
        outcome += f", inside the interval up to {fmean(highs):.3f}"
    return goal, f">= {number(asked, 4)}", number(reached, 4), outcome


def _at_most(goal: str, reached: float | None, most: float | None) -> Sequence[str]:
    return goal, f"<= {number(most, 2)}", number(reached, 2), _outcome(most, reached)


def _outcome(more: float | None, less: float | None) -> str:
    if more is None or less is None:
        return "not measured"
    return "reached" if more >= less else "not reached"


def _trained(results: ModelsFile) -> str:
    networks = [row for row in results.rows if row.epochs]
    if not networks:
        return ""
    versions = len({row.trained_by for row in networks})
    threads = " or ".join(str(count) for count in sorted({row.threads for row in networks}))
    older = f", by {versions} versions of the code" if versions > 1 else ""
    return f" Networks were trained on {threads} {'thread' if threads == '1' else 'threads'} each{older}."


def _without_code(conditions: Conditions) -> str:
    return conditions.as_line().rsplit("; code", 1)[0]
