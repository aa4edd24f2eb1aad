"""Realized false-alarm rates to tables; what theory allows stands beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scipy.stats import betabinom

from benchmarks.calibration_results import Rate, RatesCell
from benchmarks.tables import Table
from calibration import conformal
from calibration.methods import DEFAULT, METHODS

BEYOND_CHANCE = 3  # standard errors: of some hundred figures one in seven hundred is farther off by chance
CROSS = "cross-conformal"
SHOWN = (0.1, 0.05, 0.02, 0.01, 0.005, 0.001)


def formula_tables() -> list[Table]:
    """How many good parts a rate needs, and how far one station may be off with them."""
    rows = []
    for rate in SHOWN:
        least = conformal.pictures_needed(rate)
        bands = (conformal.band(times * least, conformal.rank(times * least, rate)) for times in (1, 3, 10))
        rows.append((f"{rate:.1%}", str(least), *(f"{low:.2%} to {high:.2%}" for low, high in bands)))
    columns = (
        "stated",
        "good parts at least",
        "rate of one station then",
        "with 3 times as many",
        "with 10 times",
    )
    return [
        Table("Good parts that a rate needs, and the rate that nine stations of ten then have", columns, rows, 0)
    ]


def rate_tables(cells: Sequence[RatesCell]) -> list[Table]:
    """What was kept, the splits, one table for each method, and what the default misses."""
    if not cells:
        return []
    methods = list(dict.fromkeys(rate.method for cell in cells for rate in cell.rates))
    return [_kept(cells, methods), _splits(cells), *(_method(cells, each) for each in methods), _missed(cells)]


def above(rate: Rate) -> bool:
    """Whether the mean realized rate is above the stated one by more than chance explains."""
    if rate.mean is None or rate.standard_error is None:
        return False
    return rate.mean > rate.stated + BEYOND_CHANCE * rate.standard_error


def _kept(cells: Sequence[RatesCell], methods: Sequence[str]) -> Table:
    rows = []
    for method in methods:
        measured = [rate for cell in cells for rate in _of(cell, method) if rate.splits]
        over = [rate.mean / rate.stated for rate in measured if rate.mean is not None and above(rate)]
        worst = f"{max(over):.1f} times the stated rate" if over else "-"
        rows.append((method, METHODS[method].promise, f"{len(over)} of {len(measured)}", worst))
    columns = ("method", "promises", "means above the stated rate", "the worst")
    return Table("Which methods keep the stated rate", columns, rows)


def _splits(cells: Sequence[RatesCell]) -> Table:
    rows = [
        (
            *cell.key,
            f"{cell.fitted} / {cell.calibrated} / {cell.tested}",
            str(cell.splits),
            f"{cell.few} / {cell.few_tested}",
            str(cell.few_splits),
        )
        for cell in cells
    ]
    crossed = f"{CROSS}: fitted and calibrated / tested"
    columns = ("model", "set", "fitted / calibrated / tested", "splits", crossed, "splits")
    return Table("Good pictures in each split", columns, rows)


def _method(cells: Sequence[RatesCell], method: str) -> Table:
    stated = [rate.stated for rate in _of(cells[0], method)]
    rows = [(*cell.key, *(_cell(rate) for rate in _of(cell, method))) for cell in cells]
    if method == DEFAULT:
        rows += [
            ("theory", cell.set, *_theory(cell, stated)) for cell in {cell.set: cell for cell in cells}.values()
        ]
    columns = ("model", "set", *(f"stated {100 * rate:g}" for rate in stated))
    return Table(f"{method}: realized false alarms in %, mean (5 to 95 % of splits)", columns, rows)


def _missed(cells: Sequence[RatesCell]) -> Table:
    """The other side: fewer false alarms are paid for in defects."""
    default = [[rate for rate in _of(cell, DEFAULT) if rate.missed is not None] for cell in cells]
    rows = [
        (*cell.key, *(f"{100 * rate.missed:.1f}" for rate in rates if rate.missed is not None))
        for cell, rates in zip(cells, default, strict=True)
    ]
    columns = ("model", "set", *(f"stated {100 * rate.stated:g}" for rate in default[0]))
    return Table(f"{DEFAULT}: defective pictures missed in %, mean", columns, rows)


def _of(cell: RatesCell, method: str) -> list[Rate]:
    return [rate for rate in cell.rates if rate.method == method]


def _cell(rate: Rate) -> str:
    if rate.mean is None or rate.low is None or rate.high is None:
        needed = conformal.pictures_needed(rate.stated)
        return f"needs {needed} pictures" if f"needs {needed} good parts" in rate.refused else "refused"
    some = f" in {rate.splits} splits" if rate.refused else ""
    return _band(rate.mean, rate.low, rate.high) + some + (" **above**" if above(rate) else "")


def _theory(cell: RatesCell, stated: Sequence[float]) -> Iterator[str]:
    """False alarms among the tested parts are beta-binomial: both they and the calibration parts are drawn."""
    for rate in stated:
        if conformal.pictures_needed(rate) > cell.calibrated:
            yield "-"
            continue
        rank = conformal.rank(cell.calibrated, rate)
        alarms = betabinom(cell.tested, cell.calibrated + 1 - rank, rank)
        low, high = (float(alarms.ppf(level)) / cell.tested for level in (0.05, 0.95))
        yield _band(float(alarms.mean()) / cell.tested, low, high)


def _band(mean: float, low: float, high: float) -> str:
    return f"{100 * mean:.1f} ({100 * low:.1f} to {100 * high:.1f})"
