"""On drawn features; what is measured on real pictures stands in docs/calibration.md."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks import calibration_timing
from benchmarks.calibration import PAGE, RESULTS, TABLES, head_of
from benchmarks.calibration_features import Measured
from benchmarks.calibration_published import _duplicates, _farther
from benchmarks.calibration_rate_tables import above, formula_tables, rate_tables
from benchmarks.calibration_rates import CALIBRATED, RATES, rates
from benchmarks.calibration_results import CalibrationFile, Rate, RatesCell
from benchmarks.conditions import conditions_here
from benchmarks.page import write_tables
from benchmarks.results_file import read_results
from calibration.methods import METHODS
from edge.errors import UsageError

GOOD = 230


@pytest.fixture(scope="module")
def drawn() -> Measured:
    """Good parts are draws of one distribution; defective ones are brighter in one channel."""
    rng = np.random.default_rng(5)
    good = rng.gamma(2.0, size=(GOOD, 4, 16, 16)).astype(np.float32)
    defective = rng.gamma(2.0, size=(20, 4, 16, 16)).astype(np.float32)
    defective[:, 0, 4:8, 4:8] += 30
    return Measured("padim", [good], [defective])


@pytest.fixture(scope="module")
def cell(drawn: Measured) -> RatesCell:
    return rates(drawn, "drawn", fits=2, divisions=10)


def rate(cell: RatesCell, method: str, stated: float) -> Rate:
    (found,) = (each for each in cell.rates if (each.method, each.stated) == (method, stated))
    return found


def test_every_method_is_measured_at_every_rate_or_says_why_not(cell: RatesCell) -> None:
    assert (cell.fitted, cell.calibrated, cell.tested, cell.splits) == (78, 100, 52, 20)
    assert {each.method for each in cell.rates} == {
        name for name, method in METHODS.items() if not method.labelled
    }
    assert {each.stated for each in cell.rates} == set(RATES)
    assert rate(cell, "conformal", 0.005).refused.endswith("needs 199 good parts, there are 100")
    assert rate(cell, "cross-conformal", 0.01).refused.endswith("needs 99 good parts, there are 80")
    assert rate(cell, "tail", 0.2).splits == 0
    assert rate(cell, "conformal", 0.05).missed == 0.0


def test_conformal_is_within_the_error_of_its_mean(cell: RatesCell) -> None:
    """20 splits of 52 parts each: a standard error of 0.2 * 0.8 / 20 / 52, and that of the thresholds."""
    conformal = rate(cell, "conformal", 0.2)
    assert conformal.mean == pytest.approx(20 / 101, abs=4 * (0.16 / 20 * (1 / 52 + 1 / CALIBRATED)) ** 0.5)
    assert conformal.low <= conformal.mean <= conformal.high
    assert not above(conformal)


def test_a_mean_is_above_only_beyond_chance() -> None:
    found = Rate(method="sigma", stated=0.05, splits=200, mean=0.08, standard_error=0.012)
    assert not above(found)
    assert above(found.model_copy(update={"standard_error": 0.009}))
    assert not above(Rate(method="conformal", stated=0.01, refused="too few"))


def test_tables_show_what_was_refused_and_what_theory_allows(cell: RatesCell) -> None:
    tables = rate_tables([cell])
    shown = next(table for table in tables if table.title.startswith("conformal: realized"))
    conformal = {row[0]: row[2:] for row in shown.rows}
    assert conformal["padim"][-1] == "needs 199 pictures"
    assert conformal["theory"][-1] == "-"
    assert conformal["theory"][0].startswith("19.8 (")  # 20 of 101
    kept = {row[0]: row for row in tables[0].rows}
    assert kept["conformal"][1:3] == (METHODS["conformal"].promise, "0 of 5")


def test_the_table_of_pictures_is_that_of_the_beta_distribution() -> None:
    from scipy.stats import beta

    (table,) = formula_tables()
    row = next(row for row in table.rows if row[0] == "1.0%")
    assert row[1] == "99"
    low, high = beta.ppf([0.05, 0.95], 1, 99)  # the highest of 99 scores
    assert row[2] == f"{low:.2%} to {high:.2%}"


def test_near_duplicates_are_counted_and_far_pictures_told() -> None:
    rng = np.random.default_rng(6)
    good = rng.gamma(2.0, size=(60, 4, 16, 16)).astype(np.float32)
    good[7] = good[3] * 1.0001
    alike = Measured("padim", [good], [good[:2]])
    assert _duplicates(alike, 50) == 2
    assert abs(_farther(alike, 50)) < 0.05
    strange = good.copy()
    strange[50:] += rng.gamma(2.0, size=(10, 4, 16, 16)).astype(np.float32)
    assert _farther(Measured("padim", [strange], [good[:2]]), 50) > 0.1


def test_a_cell_measured_again_takes_the_place_of_the_old_one(cell: RatesCell, tmp_path: Path) -> None:
    empty = CalibrationFile(rates=())
    assert not empty.holds("rates", ("padim", "drawn"))
    once = empty.with_cell("rates", cell).with_cell("rates", cell.model_copy(update={"splits": 7}))
    assert once.holds("rates", ("padim", "drawn"))
    assert [each.splits for each in once.rates] == [7]
    (tmp_path / "results.json").write_text(once.model_dump_json())
    assert read_results(tmp_path / "results.json", CalibrationFile) == once
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(UsageError, match="is not a result of this benchmark"):
        read_results(tmp_path / "other.json", CalibrationFile)


def test_a_cell_keeps_the_conditions_that_it_was_measured_under(cell: RatesCell) -> None:
    """Another one that is measured later, by other code, says nothing about it."""
    before, later = (conditions_here(code) for code in (("calibration",), ("edge/pictures.py",)))
    day = datetime(2026, 11, 22, tzinfo=UTC)
    first = cell.model_copy(update={"conditions": before, "measured": day})
    second = cell.model_copy(update={"set": "other", "conditions": later, "measured": day})
    results = CalibrationFile(rates=()).with_cell("rates", first).with_cell("rates", second)
    old, new = head_of("rates", results).split("\n\n")
    assert old.startswith("Measured (padim drawn) 2026-11-22 ") and before.code_sha256[:12] in old
    assert new.startswith("Measured (padim other) 2026-11-22 ") and later.code_sha256[:12] in new
    assert head_of("rates", CalibrationFile(rates=()).with_cell("rates", first)).startswith(
        "Measured 2026-11-22 by "
    )
    assert head_of("rates", CalibrationFile(rates=())) == "Not measured."


def test_a_file_that_has_the_conditions_of_its_last_run_alone_claims_nothing_for_all(
    cell: RatesCell, tmp_path: Path
) -> None:
    content = CalibrationFile(rates=()).with_cell("rates", cell).model_dump(mode="json")
    last = {"conditions": conditions_here(("calibration",)).model_dump(), "measured": "2026-11-22T10:00:00Z"}
    (tmp_path / "old.json").write_text(json.dumps(content | last))
    results = read_results(tmp_path / "old.json", CalibrationFile)
    assert results is not None
    assert head_of("rates", results) == (
        "Measured by `make benchmark-calibration` under conditions that were not kept."
    )


def test_the_page_shows_the_results_file(tmp_path: Path) -> None:
    results = read_results(RESULTS, CalibrationFile)
    assert results is not None
    copy = tmp_path / PAGE.name
    shutil.copy(PAGE, copy)
    for part, tables in TABLES.items():
        write_tables(
            copy,
            f"calibration-{part}",
            head_of(part, results),
            tables(results),
        )
    assert copy.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")


def test_every_method_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration_timing, "REPEATS", 1)
    timed = calibration_timing.timing()
    assert [each.what for each in timed] == [*METHODS, "the whole card, conformal"]
    assert all(0 < each.p50_ms <= each.highest_ms < 1000 for each in timed)
